import type { EndpointInfo } from '../../../src/drivers/opcua/security/endpoints';
import { describeCertificate } from './certificate';
import type { Dialog } from '../../../src/editor/dialog/dialog';
import type { Text } from '../../../src/editor/form/edited-node';
import { element, spinner, textButton } from '../../../src/editor/form/elements';
import type { OpcUaRequests } from './requests';
import { setAt, valueAt } from '../../../src/editor/form/paths';

/** A button that lists the ways into the server; choosing one sets security policy and mode. */
export function createDiscovery(dialog: Dialog, requests: OpcUaRequests): void {
  const button = dialog.form.querySelector<HTMLButtonElement>('[data-discover]');
  const place = dialog.form.querySelector<HTMLElement>('[data-endpoints]');
  if (button === null || place === null) return;
  const { text } = dialog;
  let offered: readonly EndpointInfo[] = [];
  const show = () => {
    place.replaceChildren(...(offered.length === 0 ? [] : describeEndpoints(offered, dialog, choose)));
  };
  const choose = ({ securityPolicy, securityMode }: EndpointInfo) => {
    setAt(dialog.draft, 'protocol.securityPolicy', securityPolicy);
    setAt(dialog.draft, 'protocol.securityMode', securityMode);
    dialog.show();
    show();
  };
  button.addEventListener('click', () => {
    button.disabled = true;
    place.replaceChildren(spinner(), ` ${text('discovery.running')}`);
    void requests
      .endpoints()
      .then((endpoints) => {
        offered = endpoints;
        if (endpoints.length === 0) place.replaceChildren(text('discovery.none'));
        else show();
      })
      .catch((error: unknown) => {
        place.replaceChildren(element('div', { class: 'devicelink-wrong' }, (error as Error).message));
      })
      .finally(() => {
        button.disabled = false;
      });
  });
}

function describeEndpoints(
  endpoints: readonly EndpointInfo[],
  { draft, text }: Dialog,
  choose: (endpoint: EndpointInfo) => void,
): HTMLElement[] {
  const isChosen = ({ securityPolicy, securityMode }: EndpointInfo) =>
    valueAt(draft, 'protocol.securityPolicy') === securityPolicy &&
    valueAt(draft, 'protocol.securityMode') === securityMode;
  const rows = endpoints.map((endpoint) => {
    const use = textButton(text('discovery.use'), () => choose(endpoint));
    use.classList.add('red-ui-button-small');
    use.setAttribute('aria-label', `${text('discovery.use')}: ${endpoint.securityPolicy} ${endpoint.securityMode}`);
    return element(
      'tr',
      isChosen(endpoint) ? { class: 'devicelink-chosen', 'aria-current': 'true' } : {},
      element('td', {}, endpoint.securityPolicy, element('small', {}, text(`mode.${endpoint.securityMode}`))),
      element('td', {}, String(endpoint.securityLevel)),
      element('td', {}, endpoint.userTokens.map((token) => tokenText(token, text)).join(', ')),
      element('td', {}, use),
    );
  });
  const titles = [text('discovery.security'), text('discovery.level'), text('discovery.identities'), ''];
  const certificate = endpoints.find(({ serverCertificate }) => serverCertificate !== undefined)?.serverCertificate;
  return [
    element(
      'table',
      { class: 'devicelink-readings devicelink-endpoints' },
      element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title)))),
      element('tbody', {}, ...rows),
    ),
    ...(certificate === undefined
      ? []
      : [
          element('p', { class: 'devicelink-caption' }, text('discovery.certificate')),
          describeCertificate(certificate, text),
        ]),
  ];
}

const TOKENS: Readonly<Record<string, string>> = {
  Anonymous: 'identity.anonymous',
  UserName: 'identity.user',
  Certificate: 'identity.certificate',
};

function tokenText(token: string, text: Text): string {
  const key = TOKENS[token];
  return key === undefined ? token : text(key);
}
