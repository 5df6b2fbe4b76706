import type { CertificateInfo } from '../../../src/drivers/opcua/security/trust';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import { element, textButton } from '../../../src/editor/form/elements';
import { describeCertificate } from './certificate';
import type { Certificates, OpcUaRequests } from './requests';

/** The tab of certificates: the own one, servers that were rejected, and servers that are trusted. Asked for when it is shown. */
export function createTrustList(dialog: Dialog, requests: OpcUaRequests): void {
  const place = dialog.form.querySelector<HTMLElement>('[data-certificates]');
  if (place === null) return;
  const { text } = dialog;
  const wrong = element('div', { class: 'devicelink-wrong', role: 'alert' });
  const content = element('div');
  place.replaceChildren(wrong, content);

  const run = (request: Promise<Certificates>) => {
    wrong.textContent = '';
    place.setAttribute('aria-busy', 'true');
    void request
      .then((lists) => content.replaceChildren(...describe(lists)))
      .catch((error: unknown) => {
        wrong.textContent = (error as Error).message;
      })
      .finally(() => place.removeAttribute('aria-busy'));
  };
  const trustButton = ({ thumbprint }: CertificateInfo) => {
    const button = textButton(text('certificates.trust'), () => run(requests.trust(thumbprint)));
    button.dataset['trust'] = '';
    return button;
  };
  const removeButton = ({ thumbprint }: CertificateInfo) => {
    const button = textButton(text('certificates.remove'), () => run(requests.remove(thumbprint)));
    button.dataset['remove'] = '';
    return button;
  };
  const describe = ({ own, trusted, rejected }: Certificates): HTMLElement[] => [
    ...section(
      text('certificates.rejected'),
      rejected.map((info) => describeCertificate(info, text, trustButton(info), removeButton(info))),
      text('certificates.noneRejected'),
    ),
    ...section(
      text('certificates.trusted'),
      trusted.map((info) => describeCertificate(info, text, removeButton(info))),
      text('certificates.noneTrusted'),
    ),
    ...(own === undefined
      ? []
      : section(text('certificates.own'), [
          describeCertificate(own, text, downloadLink(own.pem, text('certificates.download'))),
        ])),
  ];
  dialog.onShow('certificates', () => run(requests.certificates()));
}

function section(title: string, certificates: readonly HTMLElement[], none = ''): HTMLElement[] {
  const empty = element('p', { class: 'devicelink-caption' }, none);
  return [element('h4', {}, title), ...(certificates.length === 0 ? [empty] : certificates)];
}

/** The public part only: a server's administrator needs it to trust this side. */
function downloadLink(pem: string, label: string): HTMLElement {
  return element(
    'a',
    {
      class: 'red-ui-button',
      download: 'devicelink-client.pem',
      href: `data:application/x-pem-file;base64,${btoa(pem)}`,
    },
    label,
  );
}
