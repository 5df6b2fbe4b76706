import type { CertificateInfo } from '../../../src/drivers/opcua/security/trust';
import type { Text } from '../../../src/editor/form/edited-node';
import { element } from '../../../src/editor/form/elements';

/** Subject, fingerprint and validity, with buttons if any. */
export function describeCertificate(info: CertificateInfo, text: Text, ...buttons: HTMLElement[]): HTMLElement {
  const isOver = Date.parse(info.validTo) < Date.now();
  const validity = `${info.validFrom.slice(0, 10)} – ${info.validTo.slice(0, 10)}`;
  const line = (key: string, value: string, attributes: Readonly<Record<string, string>> = {}) => [
    element('dt', {}, text(key)),
    element('dd', attributes, value),
  ];
  return element(
    'div',
    { class: 'devicelink-certificate', 'data-thumbprint': info.thumbprint },
    element(
      'dl',
      {},
      ...line('certificates.subject', info.subject),
      ...line('certificates.fingerprint', spelled(info.thumbprint), { class: 'devicelink-fingerprint' }),
      ...line(
        'certificates.validity',
        isOver ? `${validity} (${text('certificates.expired')})` : validity,
        isOver ? { class: 'devicelink-wrong' } : {},
      ),
      ...(info.applicationUri === '' ? [] : line('certificates.application', info.applicationUri)),
    ),
    ...(buttons.length === 0 ? [] : [element('div', { class: 'devicelink-buttons' }, ...buttons)]),
  );
}

/** `0a1b...` as people compare it: `0A1B 2C3D ...` */
export const spelled = (thumbprint: string): string => (thumbprint.toUpperCase().match(/.{1,4}/g) ?? []).join(' ');
