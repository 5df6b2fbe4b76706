/** The parts of Node-RED's editor that the dialogs use. Source: https://nodered.org/docs/api/ui/ and the editor-client sources. */

interface RedTabs {
  addTab(tab: { id: string; label: string }): void;
  activateTab(id: string): void;
  resize(): void;
}

declare const RED: {
  readonly nodes: {
    node(id: string): object | null;
    eachNode(visit: (node: object) => boolean | undefined): void;
    /** The node as it is saved in a flow. */
    convertNode(node: object, withCredentials: boolean): Record<string, unknown>;
  };
  readonly tabs: {
    create(options: { element: JQuery; onchange: (tab: { id: string }) => void }): RedTabs;
  };
  readonly plugins: {
    getPlugin(id: string): object | undefined;
    registerPlugin(
      id: string,
      plugin: { readonly type: string; readonly getCompletions: (value: string) => Promise<string[]> },
    ): void;
  };
  readonly events: { on(event: string, listener: () => void): void };
};
