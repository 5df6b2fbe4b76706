import type { Text } from '../form/edited-node';
import { element, newId } from '../form/elements';

/** Where a tree gets its nodes from, and how it shows them. */
export interface TreeSource<N> {
  /** One page of a node's children (of the root: `undefined`); `next`: where to go on. Rejects with an Error in words. */
  children(node: N | undefined, start: number): Promise<{ readonly nodes: readonly N[]; readonly next?: number }>;
  hasChildren(node: N): boolean;
  /** Classes of Font Awesome. */
  icon(node: N): string;
  /** What is shown of a node. */
  line(node: N): HTMLElement;
  /** By Enter or a double click on a leaf. */
  confirm?(line: HTMLElement): void;
}

/** What a server holds, in Node-RED's tree; children come when a node is opened. */
export class TreeBrowser<N> {
  readonly place = element('div', { class: 'devicelink-tree' });

  constructor(
    private readonly text: Text,
    label: string,
    private readonly source: TreeSource<N>,
  ) {
    $(this.place).treeList({ data: [], selectable: true, autoSelect: false, ariaLabel: label });
    $(this.place).on('treelistconfirm', (_event: unknown, item: TreeListItem | undefined) => {
      const line = $(item?.element ?? [])[0];
      if (line instanceof HTMLElement) source.confirm?.(line);
    });
  }

  /** Shows the root alone, open: its children are asked for at once. */
  showRoot(line: HTMLElement, icon: string): void {
    this.fill([{ id: newId(), element: line, icon, expanded: true, children: this.loader(undefined) }]);
  }

  /** Shows these nodes side by side. */
  showNodes(nodes: readonly N[]): void {
    this.fill(nodes.map((node) => this.itemOf(node)));
  }

  private fill(items: TreeListItem[]): void {
    $(this.place).treeList('data', items);
  }

  /** Answers the first page of a node's children when the node is opened. */
  private loader(node: N | undefined): NonNullable<TreeListItem['children']> {
    return (done, item) => {
      const show = (children: TreeListItem[]) => {
        item.children = children;
        done(children);
      };
      void this.page(node, 0).then(show, (error: unknown) => {
        show([noteItem((error as Error).message, 'devicelink-wrong')]);
      });
    };
  }

  private async page(node: N | undefined, start: number): Promise<TreeListItem[]> {
    const { nodes, next } = await this.source.children(node, start);
    const items = nodes.map((child) => this.itemOf(child));
    if (next !== undefined) return [...items, this.moreItem(node, next)];
    return items.length === 0 ? [noteItem(this.text('tree.empty'), 'devicelink-caption')] : items;
  }

  /** The last line of a long list: makes way for the next page. */
  private moreItem(node: N | undefined, start: number): TreeListItem {
    const button = element('button', { type: 'button', class: 'red-ui-button red-ui-button-small' });
    button.append(this.text('tree.more'));
    const more: TreeListItem = { id: newId(), element: element('span', { class: 'devicelink-node' }, button) };
    button.addEventListener('click', (event) => {
      event.stopPropagation();
      button.disabled = true;
      const add = (items: TreeListItem[]) => {
        const { parent } = more;
        more.treeList?.remove();
        for (const item of items) parent?.treeList?.addChild(item);
      };
      void this.page(node, start).then(add, (error: unknown) => {
        button.replaceWith(element('span', { class: 'devicelink-wrong' }, (error as Error).message));
      });
    });
    return more;
  }

  private itemOf(node: N): TreeListItem {
    return {
      id: newId(),
      element: this.source.line(node),
      icon: this.source.icon(node),
      ...(this.source.hasChildren(node) ? { children: this.loader(node) } : {}),
    };
  }
}

const noteItem = (note: string, className: string): TreeListItem => ({
  id: newId(),
  element: element('span', { class: `devicelink-node ${className}` }, note),
});
