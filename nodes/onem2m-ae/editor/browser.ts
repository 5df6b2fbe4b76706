import type { Dialog } from '../../../src/editor/dialog/dialog';
import type { EditableTable } from '../../../src/editor/table/editable-table';
import { element, iconButton, spinner } from '../../../src/editor/form/elements';
import { targetOf } from './forms';
import type { CseRequests, Representation, ResourceNode } from './requests';
import { targetsIn } from './tables';
import { valueAt } from '../../../src/editor/form/paths';
import { toInput } from '../../../src/editor/form/text-value';
import { TreeBrowser } from '../../../src/editor/tree/tree-browser';

const ICONS: Readonly<Record<string, string>> = {
  CSEBase: 'fa fa-server',
  AE: 'fa fa-cube',
  container: 'fa fa-folder-o',
  flexContainer: 'fa fa-sliders',
  timeSeries: 'fa fa-line-chart',
  contentInstance: 'fa fa-file-text-o',
  timeSeriesInstance: 'fa fa-file-text-o',
  subscription: 'fa fa-bell-o',
  group: 'fa fa-object-group',
  accessControlPolicy: 'fa fa-shield',
  remoteCSE: 'fa fa-share-alt',
  node: 'fa fa-microchip',
  mgmtObj: 'fa fa-wrench',
};

/** What can be subscribed to; the others are told about by their parents. */
const NO_TARGET = new Set(['contentInstance', 'timeSeriesInstance', 'subscription', 'pollingChannel']);

/** The folded part above the subscriptions: what the CSE holds. A resource can be looked at or made the target of a subscription. */
export function createResourceBrowser(dialog: Dialog, table: EditableTable, requests: CseRequests): void {
  const panel = dialog.form.querySelector<HTMLDetailsElement>('[data-browser]');
  const from = panel?.querySelector<HTMLInputElement>('[data-from]');
  const place = panel?.querySelector<HTMLElement>('[data-tree]');
  const output = panel?.querySelector<HTMLElement>('[data-representation]');
  if (!panel || !from || !place || !output) return;
  const { text, draft } = dialog;
  const setting = (path: string) => toInput(valueAt(draft, path));

  const show = (address: string) => {
    output.replaceChildren(spinner(), ` ${text('browse.reading')}`);
    void requests
      .retrieve(address)
      .then((representation) => output.replaceChildren(...describe(representation)))
      .catch((error: unknown) => {
        output.replaceChildren(element('div', { class: 'devicelink-wrong' }, (error as Error).message));
      });
  };
  const subscribe = (address: string) => {
    const target = targetOf(address, setting('cse.base') || 'onem2m', setting('ae.name'));
    if (targetsIn(draft['subscriptions']).has(target)) {
      output.replaceChildren(text('browse.taken', { target }));
      return;
    }
    table.append({ target, events: ['createChild'] });
    output.replaceChildren(text('browse.used', { target }));
  };
  const button = (icon: string, label: string, { name, address }: ResourceNode, action: (address: string) => void) => {
    const made = iconButton(icon, label, () => undefined);
    made.setAttribute('aria-label', `${label}: ${name}`);
    made.addEventListener('click', (event) => {
      event.stopPropagation();
      action(address);
    });
    return made;
  };
  const lineOf = (node: ResourceNode): HTMLElement => {
    const line = element(
      'span',
      { class: 'devicelink-node', 'data-node': node.address },
      element('span', { class: 'devicelink-node-name', title: node.address }, node.name),
      element('span', { class: 'devicelink-node-type' }, node.type),
      button('fa-eye', text('browse.show'), node, show),
    );
    const use = button('fa-bell-o', text('browse.use'), node, subscribe);
    if (NO_TARGET.has(node.type)) use.classList.add('devicelink-unseen');
    use.disabled = NO_TARGET.has(node.type);
    line.append(use);
    return line;
  };

  let root = '';
  const tree = new TreeBrowser<ResourceNode>(text, text('browse.title'), {
    children: (node, offset) => requests.browse(node?.address ?? root, offset),
    hasChildren: ({ hasChildren }) => hasChildren,
    icon: ({ type }) => ICONS[type] ?? 'fa fa-circle-o',
    line: lineOf,
    confirm: (line) => {
      const address = line.dataset['node'];
      if (address !== undefined) show(address);
    },
  });
  place.append(tree.place);
  const showAll = () => {
    root = from.value.trim();
    output.replaceChildren();
    const base = setting('cse.base') || 'onem2m';
    const node = {
      name: root === '' ? base : root,
      type: root === '' ? 'CSEBase' : '',
      address: root === '' ? base : root,
    };
    tree.showRoot(lineOf({ ...node, ty: 5, hasChildren: true }), ICONS[node.type] ?? 'fa fa-folder-o');
  };
  from.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    showAll();
  });
  panel.querySelector('[data-refresh]')?.addEventListener('click', showAll);
  panel.addEventListener('toggle', () => {
    if (panel.open) showAll();
  });
}

function describe({ to, ty, type, representation }: Representation): HTMLElement[] {
  return [
    element('div', { class: 'devicelink-caption' }, `${to} · ${type} (${ty})`),
    element('pre', { class: 'devicelink-json', tabindex: '0' }, JSON.stringify(representation, undefined, 2)),
  ];
}
