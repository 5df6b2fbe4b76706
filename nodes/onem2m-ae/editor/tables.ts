import { CONTENT_NAMES } from '../../../src/onem2m/resource/enumerations';
import { resourceType } from '../../../src/onem2m/resource/resource-types';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import { createTable, type EditableTable } from '../../../src/editor/table/editable-table';
import { element, labelled, newId, selectInput, textInput, type InputOptions } from '../../../src/editor/form/elements';
import { createEventsField, refreshEvents } from './events';
import { prune, renameCopy } from './forms';
import type { TableLayout, TableRow } from '../../../src/editor/table/table-row';
import { toInput } from '../../../src/editor/form/text-value';

/** Types that can be made by an AE, the usual ones first, with an example of what else they need. */
const CREATABLE: Readonly<Record<string, string>> = {
  container: '{"mbs": 10000}',
  flexContainer: '{"cnd": "org.onem2m.common.moduleclass.temperature", "curT0": 20}',
  timeSeries: '{"pei": 1000, "mdd": true}',
  group: '{"mnm": 10, "mid": ["onem2m/MYAPP/a"]}',
  accessControlPolicy: '{"pv": {"acr": [{"acor": ["CmyApp"], "acop": 63}]}, "pvs": {...}}',
  pollingChannel: '{}',
  node: '{"ni": "urn:example:1"}',
  mgmtObj: '{"mgd": 1006, "btl": 80, "bts": 1}',
  locationPolicy: '{"los": 2}',
  schedule: '{"se": {"sce": ["* 0-5 2,6,10 * * * *"]}}',
  semanticDescriptor: '{"dcrp": "text/plain:0", "dsp": "..."}',
};

/** Types with a `wrapper` of their own, and those that keep a number of instances. */
const SPECIALISED = new Set(['flexContainer', 'mgmtObj']);
const WITH_INSTANCES = new Set(['container', 'flexContainer', 'timeSeries']);

const typeOf = (row: TableRow): string => resourceType(row.item['ty'] ?? 'container')?.name ?? '';

const field = (options: InputOptions): HTMLElement => labelled(options.label, textInput(options));

/** A JSON object in several lines. */
function jsonField(path: string, label: string, placeholder: string): HTMLElement {
  const area = element('textarea', {
    id: newId(),
    rows: '2',
    spellcheck: 'false',
    'data-path': path,
    'data-kind': 'any',
    'data-optional': '',
    placeholder,
  });
  const result = labelled(label, area);
  result.classList.add('devicelink-wide');
  return result;
}

function setVisible(row: TableRow, path: string, visible: boolean): void {
  const place = row.input(path)?.closest<HTMLElement>('.devicelink-field');
  if (place) place.hidden = !visible;
}

const resources: TableLayout = {
  titles: (text) => [text('resources.path'), text('resources.type'), text('resources.labels')],
  className: 'devicelink-resource-columns',
  columns: ({ text }) => [
    textInput({ path: 'path', label: text('resources.path'), placeholder: 'measurements' }),
    selectInput(
      { path: 'ty', label: text('resources.type') },
      Object.keys(CREATABLE).map((name) => [name, name]),
    ),
    textInput({ path: 'labels', label: text('resources.labels'), kind: 'list', placeholder: 'a, b', optional: true }),
  ],
  details: ({ text }) => [
    field({ path: 'mni', label: text('resources.instances'), kind: 'number', placeholder: '10', optional: true }),
    field({ path: 'wrapper', label: text('resources.wrapper'), placeholder: 'cod:tempe', optional: true }),
    jsonField('attributes', text('resources.attributes'), ''),
  ],
  refresh(row) {
    const type = typeOf(row);
    setVisible(row, 'mni', WITH_INSTANCES.has(type) || row.item['mni'] !== undefined);
    setVisible(row, 'wrapper', SPECIALISED.has(type) || row.item['wrapper'] !== undefined);
    row.input('attributes')?.setAttribute('placeholder', CREATABLE[type] ?? '{}');
  },
  words: ({ path, labels }) => [path, labels],
  blank: () => ({ ty: 'container', path: '' }),
};

const subscriptions: TableLayout = {
  titles: (text) => [text('subscriptions.target'), text('subscriptions.events')],
  className: 'devicelink-subscription-columns',
  columns: (row) => [
    textInput({ path: 'target', label: row.text('subscriptions.target'), placeholder: 'measurements' }),
    createEventsField(row),
  ],
  details: ({ text }) => [
    labelled(
      text('subscriptions.content'),
      selectInput({ path: 'content', label: text('subscriptions.content'), optional: true }, [
        ['', text('subscriptions.contentDefault')],
        ...Object.keys(CONTENT_NAMES).map((name) => [name, name] as const),
      ]),
    ),
    field({ path: 'name', label: text('subscriptions.name'), placeholder: 'auto', optional: true }),
    field({ path: 'target_uri', label: text('subscriptions.targetUri'), placeholder: 'auto', optional: true }),
    field({
      path: 'attributes.bn.num',
      label: text('subscriptions.batchNumber'),
      kind: 'number',
      placeholder: '10',
      optional: true,
    }),
    field({
      path: 'attributes.bn.dur',
      label: text('subscriptions.batchDuration'),
      placeholder: 'PT10S',
      optional: true,
    }),
    jsonField('attributes', text('subscriptions.attributes'), '{"enc": {"chty": [4]}, "exc": 100}'),
  ],
  /** The fields of the batch are members of `attributes`, which is there too: whichever is typed in, the other follows. */
  refresh(row) {
    prune(row.item, 'attributes.bn', 'attributes');
    for (const path of ['attributes.bn.num', 'attributes.bn.dur', 'attributes']) {
      if (row.input(path) !== document.activeElement) row.show(path);
    }
    refreshEvents(row);
  },
  complete: (item) => prune(item, 'attributes.bn', 'attributes'),
  words: ({ target, name }) => [target, name],
  blank: () => ({ target: '', events: ['createChild'] }),
};

const discoveries: TableLayout = {
  titles: (text) => [text('discoveries.name'), text('discoveries.target'), text('discoveries.interval')],
  className: 'devicelink-discovery-columns',
  columns: ({ text }) => [
    textInput({ path: 'name', label: text('discoveries.name'), placeholder: 'sensors' }),
    textInput({ path: 'target', label: text('discoveries.target'), placeholder: '/in-cse-1/onem2m' }),
    textInput({ path: 'interval', label: text('discoveries.interval'), placeholder: '1m', optional: true }),
  ],
  details: ({ text }) => [
    field({
      path: 'filter.labels',
      label: text('discoveries.labels'),
      kind: 'list',
      placeholder: 'openmtc:sensor_data',
      optional: true,
    }),
    labelled(
      text('discoveries.type'),
      selectInput({ path: 'filter.type', label: text('discoveries.type'), optional: true }, [
        ['', text('discoveries.anyType')],
        ...['AE', ...Object.keys(CREATABLE), 'contentInstance', 'remoteCSE', 'subscription'].map(
          (name) => [name, name] as const,
        ),
      ]),
    ),
    jsonField('filter', text('discoveries.filter'), '{"labels": ["a"], "limit": 100}'),
  ],
  refresh(row) {
    prune(row.item, 'filter');
    for (const path of ['filter.labels', 'filter.type', 'filter']) {
      if (row.input(path) !== document.activeElement) row.show(path);
    }
  },
  complete: (item) => prune(item, 'filter'),
  words: ({ name, target }) => [name, target],
  blank: () => ({ name: '', target: '', interval: '1m' }),
};

/** The tables of resources, subscriptions and discoveries; answers that of the subscriptions, which the browser fills. */
export function createTables(dialog: Dialog): EditableTable | undefined {
  const { text } = dialog;
  const create = (name: string, layout: TableLayout, title: string, addLabel: string, key: string) => {
    const place = dialog.form.querySelector<HTMLElement>(`[data-table="${name}"]`);
    if (place === null) return undefined;
    return createTable(dialog, {
      place,
      name,
      layout,
      title,
      addLabel,
      copy: (copy, items) => renameCopy(copy, items, key),
    });
  };
  create('resources', resources, text('tabs.resources'), text('resources.add'), 'path');
  create('discoveries', discoveries, text('tabs.discovery'), text('discoveries.add'), 'name');
  return create('subscriptions', subscriptions, text('subscriptions.title'), text('subscriptions.add'), 'name');
}

/** What is in the table already is not taken once more. */
export const targetsIn = (subscriptionList: unknown): ReadonlySet<string> =>
  new Set(
    Array.isArray(subscriptionList)
      ? subscriptionList.map((item) => toInput((item as { target?: unknown } | null)?.target))
      : [],
  );
