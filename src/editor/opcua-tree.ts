import type { Dialog } from './dialog';
import type { Text } from './edited-node';
import { element, newId } from './elements';
import type { OpcUaRequests, ServerNode } from './opcua-requests';

/** What the tree does with variables. */
export interface TreeActions {
  isChosen(node: ServerNode): boolean;
  choose(node: ServerNode, chosen: boolean): void;
}

const ICONS: Readonly<Record<string, string>> = {
  Object: 'fa fa-folder-o',
  Variable: 'fa fa-tag',
  Method: 'fa fa-play-circle-o',
  View: 'fa fa-eye',
};

/** A server's address space in Node-RED's tree; children come when a node is opened. */
export class AddressSpaceTree {
  readonly place: HTMLElement;
  private readonly boxes = new Map<HTMLInputElement, ServerNode>();
  private readonly text: Text;

  constructor(
    dialog: Dialog,
    private readonly requests: OpcUaRequests,
    private readonly actions: TreeActions,
  ) {
    this.text = dialog.text;
    this.place = element('div', { class: 'devicelink-tree' });
    $(this.place).treeList({ data: [], selectable: true, autoSelect: false, ariaLabel: this.text('space.title') });
    // By Enter or a double click on a leaf.
    $(this.place).on('treelistconfirm', (_event: unknown, item: TreeListItem | undefined) => {
      const box = $(item?.element ?? []).find('input[type=checkbox]')[0];
      if (box instanceof HTMLInputElement) box.click();
    });
  }

  /** Begins at the Objects folder. */
  showAll(): void {
    const root = element('span', { class: 'devicelink-node' }, element('span', {}, 'Objects'));
    this.fill([
      { id: newId(), element: root, icon: 'fa fa-folder-o', expanded: true, children: this.loader(undefined) },
    ]);
  }

  /** Shows these nodes side by side, each with where it is. */
  showFound(nodes: readonly ServerNode[]): void {
    this.fill(nodes.map((node) => this.itemOf(node)));
  }

  /** Brings the ticks in line with the property table. */
  refresh(): void {
    for (const [box, node] of this.boxes) box.checked = this.actions.isChosen(node);
  }

  private fill(items: TreeListItem[]): void {
    this.boxes.clear();
    $(this.place).treeList('data', items);
  }

  /** Answers the first page of a node's children when the node is opened. */
  private loader(nodeID: string | undefined): NonNullable<TreeListItem['children']> {
    return (done, item) => {
      const show = (children: TreeListItem[]) => {
        item.children = children;
        done(children);
      };
      void this.page(nodeID, 0).then(show, (error: unknown) => {
        show([noteItem((error as Error).message, 'devicelink-wrong')]);
      });
    };
  }

  private async page(nodeID: string | undefined, start: number): Promise<TreeListItem[]> {
    const { nodes, next } = await this.requests.browse(nodeID, start);
    if (nodes.length === 0) return [noteItem(this.text('space.empty'), 'devicelink-caption')];
    const items = nodes.map((node) => this.itemOf(node));
    return next === undefined ? items : [...items, this.moreItem(nodeID, next)];
  }

  /** The last line of a long list: makes way for the next page. */
  private moreItem(nodeID: string | undefined, start: number): TreeListItem {
    const button = element('button', { type: 'button', class: 'red-ui-button red-ui-button-small' });
    button.append(this.text('space.more'));
    const more: TreeListItem = { id: newId(), element: element('span', { class: 'devicelink-node' }, button) };
    button.addEventListener('click', (event) => {
      event.stopPropagation();
      button.disabled = true;
      const add = (items: TreeListItem[]) => {
        const { parent } = more;
        more.treeList?.remove();
        for (const item of items) parent?.treeList?.addChild(item);
      };
      void this.page(nodeID, start).then(add, (error: unknown) => {
        button.replaceWith(element('span', { class: 'devicelink-wrong' }, (error as Error).message));
      });
    });
    return more;
  }

  private itemOf(node: ServerNode): TreeListItem {
    return {
      id: newId(),
      element: this.lineOf(node),
      icon: ICONS[node.nodeClass] ?? 'fa fa-circle-o',
      ...(node.hasChildren ? { children: this.loader(node.nodeID) } : {}),
    };
  }

  private lineOf(node: ServerNode): HTMLElement {
    const { displayName, nodeID, nodeClass, path, dataType = '', value = '' } = node;
    const name = element('span', { class: 'devicelink-node-name', title: `${nodeClass} ${nodeID}` }, displayName);
    if (path !== undefined && path !== '') name.append(element('small', {}, path));
    const line = element('span', { class: 'devicelink-node', 'data-node': nodeID });
    if (nodeClass !== 'Variable') {
      line.append(name);
      return line;
    }
    const box = element('input', { type: 'checkbox', 'aria-label': `${this.text('space.take')} ${displayName}` });
    box.checked = this.actions.isChosen(node);
    this.boxes.set(box, node);
    box.addEventListener('click', (event) => event.stopPropagation());
    box.addEventListener('dblclick', (event) => event.stopPropagation());
    box.addEventListener('change', () => this.actions.choose(node, box.checked));
    line.append(
      box,
      name,
      element('span', { class: 'devicelink-node-type' }, dataType),
      element('span', { class: 'devicelink-node-value', title: value }, value),
    );
    return line;
  }
}

const noteItem = (note: string, className: string): TreeListItem => ({
  id: newId(),
  element: element('span', { class: `devicelink-node ${className}` }, note),
});
