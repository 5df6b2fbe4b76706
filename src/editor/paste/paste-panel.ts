import type { Draft } from '../dialog/dialog';
import type { Text } from '../form/edited-node';
import { element, newId, textButton } from '../form/elements';
import { parsePastedProperties, type PasteColumns } from './paste';

/** A folded panel below the table: paste lines from a spreadsheet, CSV or JSON, then append or replace. */
export function createPastePanel(
  text: Text,
  { columns, example }: { columns?: PasteColumns; example: string },
  actions: { append: (properties: Draft[]) => void; replace: (properties: Draft[]) => void },
): HTMLElement {
  const area = element('textarea', {
    id: newId(),
    rows: '6',
    spellcheck: 'false',
    wrap: 'off',
    placeholder: example,
  });
  const outcome = element('div', { class: 'devicelink-problem', role: 'status' });
  const panel = element('details', { class: 'devicelink-paste' });

  const take = (use: (properties: Draft[]) => void) => {
    const result = parsePastedProperties(area.value, columns);
    if (!result.ok) {
      const place = result.line === undefined ? '' : `${text('paste.line', { line: result.line })}: `;
      outcome.textContent = place + result.message;
      return;
    }
    outcome.textContent = '';
    area.value = '';
    panel.open = false;
    use(result.properties);
  };

  panel.append(
    element('summary', {}, text('paste.title')),
    element('label', { for: area.id }, text('paste.hint')),
    area,
    outcome,
    element(
      'div',
      { class: 'devicelink-buttons' },
      textButton(text('paste.append'), () => take(actions.append)),
      textButton(text('paste.replace'), () => take(actions.replace)),
    ),
  );
  return panel;
}
