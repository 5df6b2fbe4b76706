import type { Dialog } from '../../../src/editor/dialog/dialog';
import type { Text } from '../../../src/editor/form/edited-node';
import { element } from '../../../src/editor/form/elements';
import type { OpcUaRequests, ServerNode } from './requests';
import { TreeBrowser } from '../../../src/editor/tree/tree-browser';

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

/** A server's address space; variables have a box to tick. */
export class AddressSpaceTree {
  private readonly boxes = new Map<HTMLInputElement, ServerNode>();
  private readonly text: Text;
  private readonly tree: TreeBrowser<ServerNode>;

  constructor(
    dialog: Dialog,
    requests: OpcUaRequests,
    private readonly actions: TreeActions,
  ) {
    this.text = dialog.text;
    this.tree = new TreeBrowser<ServerNode>(this.text, this.text('space.title'), {
      children: (node, start) => requests.browse(node?.nodeID, start),
      hasChildren: ({ hasChildren }) => hasChildren,
      icon: ({ nodeClass }) => ICONS[nodeClass] ?? 'fa fa-circle-o',
      line: (node) => this.lineOf(node),
      confirm: (line) => line.querySelector<HTMLInputElement>('input[type=checkbox]')?.click(),
    });
  }

  get place(): HTMLElement {
    return this.tree.place;
  }

  /** Begins at the Objects folder. */
  showAll(): void {
    this.boxes.clear();
    const root = element('span', { class: 'devicelink-node' }, element('span', {}, 'Objects'));
    this.tree.showRoot(root, 'fa fa-folder-o');
  }

  /** Shows these nodes side by side, each with where it is. */
  showFound(nodes: readonly ServerNode[]): void {
    this.boxes.clear();
    this.tree.showNodes(nodes);
  }

  /** Brings the ticks in line with the property table. */
  refresh(): void {
    for (const [box, node] of this.boxes) box.checked = this.actions.isChosen(node);
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
