import type { Dialog } from './dialog';
import type { Text } from './edited-node';
import { element } from './elements';
import { toInput } from './text-value';

interface Outcome {
  readonly ok: boolean;
  readonly problems?: readonly { readonly field: string; readonly message: string }[];
  readonly error?: { readonly code: string; readonly message: string };
}

/** The answer of `POST /devicelink/test`. */
interface TestReply extends Outcome {
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
  const button = dialog.form.querySelector<HTMLButtonElement>('[data-test-button]');
  const output = dialog.form.querySelector<HTMLElement>('[data-test-result]');
  if (button === null || output === null) return;
  const { text, node } = dialog;
  button.addEventListener('click', () => {
    button.disabled = true;
    const spinner = element('i', { class: 'fa fa-spinner fa-spin', 'aria-hidden': 'true' });
    output.replaceChildren(spinner, ` ${text('test.running')}`);
    void ask({ type: node.type, id: node.id, config: dialog.draft, credentials: credentials() })
      .then((reply) => output.replaceChildren(...describe(reply, text)))
      .catch((error: unknown) => output.replaceChildren(wrong(text('test.unreachable'), refusalOf(error))))
      .finally(() => {
        button.disabled = false;
      });
  });
}

/** By jQuery, because Node-RED adds the user's access token to its requests. */
async function ask(body: unknown): Promise<TestReply> {
  const data = JSON.stringify(body);
  const contentType = 'application/json';
  return (await $.ajax({ url: 'devicelink/test', method: 'POST', contentType, data, timeout: 60_000 })) as TestReply;
}

/** What a failed jQuery request rejects with. */
interface Refusal {
  readonly responseJSON?: { readonly error?: { readonly message?: string } };
  readonly status?: number;
  readonly statusText?: string;
}

function refusalOf(error: unknown): string {
  const { responseJSON, status = 0, statusText = '' } = error as Refusal;
  return responseJSON?.error?.message ?? `${status} ${statusText}`.trim();
}

function describe(reply: TestReply, text: Text): HTMLElement[] {
  const duration = reply.elapsedMs === undefined ? '' : ` (${Math.round(reply.elapsedMs)} ms)`;
  const parts: HTMLElement[] = [
    reply.ok
      ? element('div', { class: 'devicelink-good' }, text('test.ok') + duration)
      : wrong(text('test.failed') + duration, reply.error?.message ?? ''),
    ...(reply.problems ?? []).map(({ field, message }) => wrong(field, message)),
  ];
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

function readingTable(readings: NonNullable<TestReply['properties']>, text: Text): HTMLElement {
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
