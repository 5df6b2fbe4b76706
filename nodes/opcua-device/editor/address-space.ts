import type { Dialog } from '../../../src/editor/dialog/dialog';
import { spinner } from '../../../src/editor/form/elements';
import { AddressSpaceTree } from './tree';
import type { OpcUaRequests } from './requests';
import { nodeIdsIn, propertyOf } from './rows';
import { valueAt } from '../../../src/editor/form/paths';
import type { EditableTable } from '../../../src/editor/table/editable-table';
import { toInput } from '../../../src/editor/form/text-value';

/**
 * The folded part above the property table: the server's address space, to be browsed or searched. A ticked variable is in
 * the table, and one that is in the table is ticked.
 */
export function createAddressSpace(dialog: Dialog, table: EditableTable, requests: OpcUaRequests): void {
  const panel = dialog.form.querySelector<HTMLDetailsElement>('[data-address-space]');
  const search = panel?.querySelector<HTMLInputElement>('[data-search]');
  const place = panel?.querySelector<HTMLElement>('[data-tree]');
  const note = panel?.querySelector<HTMLElement>('[data-search-note]');
  if (!panel || !search || !place || !note) return;
  const { text } = dialog;
  let inTable = nodeIdsIn(dialog.draft['properties']);
  const tree = new AddressSpaceTree(dialog, requests, {
    isChosen: ({ nodeID, indexNodeID }) => inTable.has(nodeID) || inTable.has(indexNodeID),
    choose(node, chosen) {
      const properties = Array.isArray(dialog.draft['properties']) ? dialog.draft['properties'] : [];
      if (chosen) table.append(propertyOf(node, properties as Record<string, unknown>[]));
      else table.remove((property) => [node.nodeID, node.indexNodeID].includes(nodeIdOf(property)));
    },
  });
  place.append(tree.place);
  dialog.onRefresh(() => {
    inTable = nodeIdsIn(dialog.draft['properties']);
    tree.refresh();
  });

  const showAll = () => {
    search.value = '';
    note.textContent = '';
    tree.showAll();
  };
  const find = async (wanted: string) => {
    note.replaceChildren(spinner(), ` ${text('space.searching')}`);
    try {
      const { nodes, complete } = await requests.search(wanted);
      tree.showFound(nodes);
      const found = nodes.length === 0 ? text('space.notFound') : text('space.found', { count: nodes.length });
      note.textContent = complete ? found : `${found} ${text('space.incomplete')}`;
    } catch (error) {
      note.textContent = (error as Error).message;
    }
  };
  search.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    const wanted = search.value.trim();
    if (wanted === '') showAll();
    else void find(wanted);
  });
  panel.querySelector('[data-search-button]')?.addEventListener('click', () => {
    if (search.value.trim() !== '') void find(search.value.trim());
  });
  panel.querySelector('[data-refresh]')?.addEventListener('click', showAll);
  panel.addEventListener('toggle', () => {
    if (panel.open) showAll();
  });
}

const nodeIdOf = (property: object): string => toInput(valueAt(property, 'visitor.nodeID'));
