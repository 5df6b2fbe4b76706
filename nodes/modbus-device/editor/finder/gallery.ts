import type { Dialog, Draft } from '../../../../src/editor/dialog/dialog';
import { element, textButton } from '../../../../src/editor/form/elements';
import { resourceUrl } from '../../../../src/editor/form/resource-url';
import type { EditableTable } from '../../../../src/editor/table/editable-table';
import { noteLine, placeOf, plainInput, plainSelect } from './parts';

/** A table of properties in a file: templates/modbus/*.json, and what *Save as template* writes. */
interface Template {
  readonly name: string;
  readonly maker: string;
  readonly kind: string;
  readonly version: string;
  readonly source: string;
  readonly note?: string;
  readonly properties: readonly Draft[];
}

/** Tables of common devices to begin with, and the own table as a file. */
export function createGallery(dialog: Dialog, table: EditableTable): void {
  const place = placeOf(dialog, 'templates');
  const details = place?.closest('details');
  if (place === undefined || !details) return;
  const { text } = dialog;
  const note = noteLine();
  const list = element('div', {});
  place.append(list, note, saving(dialog, table));
  let isLoaded = false;
  details.addEventListener('toggle', () => {
    if (!details.open || isLoaded) return;
    isLoaded = true;
    void $.getJSON(resourceUrl('devicelink-templates.json')).then(
      (templates: Template[]) => list.replaceChildren(...choice(templates)),
      () => {
        isLoaded = false;
        note.textContent = text('finder.noTemplates');
      },
    );
  });

  function choice(templates: readonly Template[]): HTMLElement[] {
    const words = ({ maker, name, kind }: Template): string => `${maker} ${name} (${kind})`;
    const options = templates.map((template, at) => [String(at), words(template)] as const);
    const { field, select } = plainSelect(text('finder.template'), 'template', options);
    const about = element('div', { class: 'devicelink-caption', 'data-about': '' });
    const chosen = (): Template | undefined => templates[Number(select.value)];
    const show = (): void => {
      const template = chosen();
      const parts = [text('finder.source', { source: template?.source ?? '' }), template?.note ?? ''];
      about.textContent = parts.filter((part) => part !== '').join(' ');
    };
    select.addEventListener('change', show);
    show();
    const take = textButton(text('finder.addTemplate'), () => {
      const properties = chosen()?.properties ?? [];
      table.append(...properties.map((property) => structuredClone(property)));
      note.textContent = text('finder.added', { count: properties.length, present: 0 });
    });
    return [field, about, element('div', { class: 'devicelink-buttons' }, take)];
  }
}

/** What is written can be opened again as a list, here and elsewhere. */
function saving(dialog: Dialog, table: EditableTable): HTMLElement {
  const { text } = dialog;
  const fields = (['name', 'maker', 'version', 'source'] as const).map((name) => {
    const usual = name === 'version' ? '1' : '';
    return { name, ...plainInput(text(`template.${name}`), usual, name) };
  });
  const save = textButton(text('finder.save'), () => {
    const about = Object.fromEntries(fields.map(({ name, input }) => [name, input.value.trim()]));
    const content = JSON.stringify({ ...about, properties: table.items() }, undefined, 2);
    const link = element('a', { download: `${about['name'] === '' ? 'modbus-device' : about['name']}.json` });
    link.href = URL.createObjectURL(new Blob([`${content}\n`], { type: 'application/json' }));
    link.click();
    URL.revokeObjectURL(link.href);
  });
  return element(
    'details',
    { 'data-save': '' },
    element('summary', {}, text('finder.saveTitle')),
    element('div', { class: 'devicelink-details' }, ...fields.map(({ field }) => field)),
    element('div', { class: 'devicelink-buttons' }, save),
  );
}
