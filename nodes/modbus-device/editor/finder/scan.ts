import { REGISTER_KINDS, type AddressRange } from '../../../../src/drivers/modbus/pdu/registers';
import type { Dialog } from '../../../../src/editor/dialog/dialog';
import { element, textButton } from '../../../../src/editor/form/elements';
import { askingButton, noteLine, placeOf, plainInput, plainSelect } from './parts';
import type { ModbusRequests } from './requests';

/** Which tables and ranges of a device answer: step by step, so that it can be ended at any time. `look`: somebody wants to see what a range means. */
export function createScan(dialog: Dialog, requests: ModbusRequests, look: (range: AddressRange) => void): void {
  const place = placeOf(dialog, 'scan');
  if (place === undefined) return;
  const { text } = dialog;
  const kinds = REGISTER_KINDS.map((kind) => [kind, text(`modbus.${kind}`)] as const);
  const kind = plainSelect(text('modbus.register'), 'register', [['', text('finder.all')], ...kinds]);
  const from = plainInput(text('finder.from'), '0', 'from');
  const to = plainInput(text('finder.to'), '999', 'to');
  const note = noteLine();
  const bar = element('progress', { max: '1', value: '0', hidden: '', 'aria-label': text('finder.scan') });
  const list = element('div', { 'data-ranges': '' });
  let stop = new AbortController();
  const cancel = textButton(text('finder.cancel'), () => {
    stop.abort();
    cancel.disabled = true;
  });
  cancel.hidden = true;
  const start = askingButton(text('finder.start'), note, () =>
    run().finally(() => {
      cancel.hidden = true;
      bar.hidden = true;
    }),
  );
  place.append(
    element('div', { class: 'devicelink-details' }, kind.field, from.field, to.field),
    element('div', { class: 'devicelink-buttons' }, start, cancel, bar),
    note,
    list,
  );

  async function run(): Promise<void> {
    stop = new AbortController();
    const { signal } = stop;
    cancel.disabled = false;
    cancel.hidden = false;
    bar.hidden = false;
    bar.value = 0;
    list.replaceChildren();
    const found: AddressRange[] = [];
    let payload: object | undefined = {
      ...(kind.select.value === '' ? {} : { registers: [kind.select.value] }),
      from: from.input.value,
      to: to.input.value,
    };
    const absent: string[] = [];
    // The dialog may be gone before the end.
    while (payload !== undefined && !signal.aborted && place?.isConnected === true) {
      const step = await requests.scan(payload);
      for (const range of step.found) join(found, range);
      for (const [register, why] of Object.entries(step.absent))
        absent.push(`${text(`modbus.${register}`)}: ${text(`finder.${why}`)}`);
      bar.value = step.progress;
      list.replaceChildren(...found.map(rangeRow));
      note.textContent = text('finder.rangesFound', { count: found.length, percent: Math.round(step.progress * 100) });
      payload = step.next;
    }
    if (absent.length > 0) note.append(` ${absent.join('; ')}`);
  }

  function rangeRow(range: AddressRange): HTMLElement {
    const { register, offset, quantity } = range;
    const words = text('finder.range', {
      kind: text(`modbus.${register}`),
      first: offset,
      last: offset + quantity - 1,
      quantity,
    });
    const row = element('div', { class: 'devicelink-model' }, element('span', {}, words));
    if (register === 'HoldingRegister' || register === 'InputRegister')
      row.append(textButton(text('finder.look'), () => look(range)));
    return row;
  }
}

/** What one step found may go on where the one before ended. */
function join(found: AddressRange[], range: AddressRange): void {
  const last = found.at(-1);
  const isNext = last?.register === range.register && last.offset + last.quantity === range.offset;
  if (last === undefined || !isNext) found.push(range);
  else found[found.length - 1] = { ...last, quantity: last.quantity + range.quantity };
}
