import { EVENT_NAMES } from '../../../src/onem2m/resource/enumerations';
import { element, newId } from '../../../src/editor/form/elements';
import { eventNames, withEvent } from './forms';
import type { TableRow } from '../../../src/editor/table/table-row';

/** The events of a subscription: names in one line, which unfolds to boxes that can be ticked. */
export function createEventsField(row: TableRow): HTMLElement {
  const { text } = row;
  const summary = element('summary', {});
  const field = element('details', { class: 'devicelink-choices', 'data-events': '' }, summary);
  const label = text('subscriptions.events');
  const boxes = Object.keys(EVENT_NAMES).map((name) => {
    const box = element('input', { type: 'checkbox', id: newId(), value: name });
    box.addEventListener('change', () => {
      row.item['events'] = withEvent(row.item['events'], name, box.checked);
      row.changed();
    });
    return box;
  });
  const lines = boxes.map((box) =>
    element('label', { for: box.id, title: text(`event.${box.value}`) }, box, ` ${box.value}`),
  );
  field.append(element('div', { role: 'group', 'aria-label': label }, ...lines));
  return field;
}

/** Shows what the item says. */
export function refreshEvents(row: TableRow): void {
  const field = row.find('[data-events]');
  const summary = field?.querySelector('summary');
  if (!field || !summary) return;
  const chosen = eventNames(row.item['events']);
  for (const box of field.querySelectorAll<HTMLInputElement>('input')) box.checked = chosen.includes(box.value);
  const words = chosen.length === 0 ? row.text('subscriptions.noEvent') : chosen.join(', ');
  if (summary.textContent === words) return;
  summary.textContent = words;
  summary.title = words;
  summary.setAttribute('aria-label', `${row.text('subscriptions.events')}: ${words}`);
}
