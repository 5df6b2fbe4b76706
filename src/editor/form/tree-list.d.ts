import 'jquery';

declare global {
  /** An item of Node-RED's tree; the widget adds `parent` and `treeList`. */
  interface TreeListItem {
    readonly id: string;
    element: JQuery | HTMLElement;
    icon?: string;
    class?: string;
    expanded?: boolean;
    /** A function is called when the item is opened for the first time. */
    children?: TreeListItem[] | ((done: (children: TreeListItem[]) => void, item: TreeListItem) => void);
    parent?: TreeListItem;
    treeList?: {
      addChild(item: TreeListItem): void;
      remove(): void;
      expand(): void;
    };
  }

  interface JQuery {
    /** Missing in @types/node-red__editor-client 1.3.11. */
    treeList(options: { data: TreeListItem[]; selectable?: boolean; autoSelect?: boolean; ariaLabel?: string }): JQuery;
    treeList(action: 'data', items: TreeListItem[]): JQuery;
  }
}
