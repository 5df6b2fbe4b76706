import '@node-red/editor-client';

declare module '@node-red/editor-client' {
  interface WidgetEditableList {
    /** Missing in @types/node-red__editor-client 1.3.11. */
    (action: 'insertItemAt', data: object, index: number): void;
  }
}
