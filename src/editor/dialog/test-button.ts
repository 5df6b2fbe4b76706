import { ask } from '../form/ask';
import type { Dialog } from './dialog';
import type { Text } from '../form/edited-node';
import { element, spinner } from '../form/elements';
import { toInput } from '../form/text-value';

/** What every test answers. */
export interface Outcome {
  readonly ok: boolean;
  readonly problems?: readonly { readonly field: string; readonly message: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** The answer of `POST /devicelink/test`. */
interface DeviceReply extends Outcome {
  readonly properties?: readonly {
    readonly name: string;
    readonly value?: unknown;
    readonly unit?: string;
    readonly quality: string;
    readonly error?: { readonly message: string };
  }[];
  readonly mqtt?: Outcome;
  readonly elapsedMs?: number;
}

/**
 * Connects and reads once on the server, with the settings as they are in the dialog.
 * `credentials` answers what was typed; stored secrets stay on the server.
 */
export function createTestButton(dialog: Dialog, credentials: () => Record<string, string> = () => ({})): void {
  wireTestButton(dialog, 'test', credentials, describe);
}

/** The button that runs a test at one of our admin endpoints, and the place below it that says what came of it. */
export function wireTestButton(
  dialog: Dialog,
  path: string,
  credentials: () => Record<string, string>,
  describeReply: (reply: Outcome, text: Text) => readonly HTMLElement[],
): void {
  const button = dialog.form.querySelector<HTMLButtonElement>('[data-test-button]');
  const output = dialog.form.querySelector<HTMLElement>('[data-test-result]');
  if (button === null || output === null) return;
  const { text, node } = dialog;
  button.addEventListener('click', () => {
    button.disabled = true;
    output.replaceChildren(spinner(), ` ${text('test.running')}`);
    void ask<Outcome>('POST', path, { type: node.type, id: node.id, config: dialog.draft, credentials: credentials() })
      .then((reply) => output.replaceChildren(...describeReply(reply, text)))
      .catch((error: unknown) => output.replaceChildren(wrong(text('test.unreachable'), (error as Error).message)))
      .finally(() => {
        button.disabled = false;
      });
  });
}

/** Whether it worked, and if not, why. */
export function describeOutcome(reply: Outcome & { readonly elapsedMs?: number }, text: Text): HTMLElement[] {
  const duration = reply.elapsedMs === undefined ? '' : ` (${Math.round(reply.elapsedMs)} ms)`;
  return [
    reply.ok
      ? element('div', { class: 'devicelink-good' }, text('test.ok') + duration)
      : wrong(text('test.failed') + duration, reply.error?.message ?? ''),
    ...(reply.problems ?? []).map(({ field, message }) => wrong(field, message)),
  ];
}

function describe(reply: DeviceReply, text: Text): HTMLElement[] {
  const parts = describeOutcome(reply, text);
  const readings = reply.properties ?? [];
  if (readings.length > 0) parts.push(readingTable(readings, text));
  if (reply.mqtt !== undefined) parts.push(...describeBroker(reply.mqtt, text));
  return parts;
}

function describeBroker({ ok, error, problems = [] }: Outcome, text: Text): HTMLElement[] {
  if (ok) return [element('div', { class: 'devicelink-good' }, text('test.brokerOk'))];
  return [
    wrong(text('test.brokerFailed'), error?.message ?? ''),
    ...problems.map(({ field, message }) => wrong(field, message)),
  ];
}

const wrong = (title: string, message: string): HTMLElement =>
  element('div', { class: 'devicelink-wrong' }, message === '' ? title : `${title}: ${message}`);

function readingTable(readings: NonNullable<DeviceReply['properties']>, text: Text): HTMLElement {
  const rows = readings.map(({ name, value, unit = '', quality, error }) =>
    element(
      'tr',
      quality === 'good' ? {} : { class: 'devicelink-wrong' },
      element('td', {}, name),
      element('td', {}, error === undefined ? `${toInput(value)} ${unit}`.trim() : error.message),
    ),
  );
  const titles = [text('properties.name'), text('test.value')];
  return element(
    'table',
    { class: 'devicelink-readings' },
    element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title)))),
    element('tbody', {}, ...rows),
  );
}
