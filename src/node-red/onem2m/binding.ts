import type { Node, NodeAPI } from 'node-red';
import { DeviceError } from '../../base/errors';
import type { Ports } from '../../base/ports';
import type { AeConfig } from '../../onem2m/ae/model/config';
import { createBindings, secretPath, withPath, type AeBindings } from '../../onem2m/ae/create-bindings';
import type { AeSecret } from '../../onem2m/ae/model/secret';
import { HttpReceiver } from '../../onem2m/binding/http/receiver';
import { pemReferences, readPemFiles } from '../../net/pem-files';
import type { Endpoint } from '../../onem2m/binding/endpoint';
import { isExtensionNode, whyMissing, type ExtensionNode } from '../common/mqtt-users';
import type { AeNodeConfig } from './config';
import { httpHindrance, pointOfAccessOf, receiverPath, receiveThrough, serverPort } from './http';

/** How an AE reaches its CSE and is reached by it, as far as Node-RED has a part in it: the extension's broker, its own server. */
export class AeBinding {
  private extension: ExtensionNode | undefined;
  private endReceiving: (() => void) | undefined;
  private isLeft = false;

  constructor(
    private readonly RED: NodeAPI,
    private readonly node: Node,
    private readonly settings: AeNodeConfig,
  ) {}

  /** Enters the node as a user of its config node, so that what that one reports reaches the node's Catch nodes. */
  join(): void {
    const { mqtt } = this.settings;
    const extension: unknown = mqtt === '' ? undefined : this.RED.nodes.getNode(mqtt);
    if (!isExtensionNode(extension)) return;
    this.extension = extension;
    extension.join(this.node);
  }

  /** @throws DeviceError CONFIG where one of the parts cannot be had */
  async create(config: AeConfig, ports: Ports, secret: AeSecret): Promise<AeBindings> {
    const { mqtt, credentials, uid } = this.settings;
    const { extension } = this;
    if (mqtt !== '' && extension === undefined) {
      throw new DeviceError('CONFIG', `mqtt: ${whyMissing(this.RED, mqtt)}`);
    }
    const [httpReceiver, readFile] = await Promise.all([
      this.createReceiver(config, ports, secret),
      readPemFiles(pemReferences(credentials)),
      extension?.ready,
    ]);
    return createBindings(config, {
      credentials,
      readFile,
      ports,
      uid,
      secret,
      ...(extension === undefined ? {} : { openConnection: (user) => extension.openConnection(user) }),
      ...(httpReceiver === undefined ? {} : { httpReceiver }),
    });
  }

  /** To be called when the bindings are closed. */
  leave(): void {
    this.isLeft = true;
    this.endReceiving?.();
    this.extension?.leave(this.node);
  }

  /** Over HTTP notifications come through Node-RED's own server, unless `notify` names another port. */
  private async createReceiver(config: AeConfig, ports: Ports, secret: AeSecret): Promise<HttpReceiver | undefined> {
    const { binding, notify, endpoint, ae } = config;
    const { RED, node } = this;
    const isOwnServer =
      notify.kind === 'same'
        ? binding === 'http'
        : notify.kind === 'endpoint' && isHttp(notify.endpoint) && notify.endpoint.port === serverPort(RED);
    if (!isOwnServer) return undefined;
    const hindrance = httpHindrance(RED);
    if (hindrance !== undefined && ae.requestReachability)
      node.warn(`Notifications cannot come in over HTTP: ${hindrance}`);
    const own = await pointOfAccessOf(RED, node.id, endpoint.host, endpoint.port);
    // Closed meanwhile: a new node may already stand there under the same id.
    if (this.isLeft) throw new DeviceError('CLOSED', 'the node was closed');
    const advertised = ae.pointOfAccess ?? (own === undefined ? [] : [own]);
    const below = secretPath(secret);
    const pointOfAccess = advertised.map((address) => withPath(address, below));
    const receiver = new HttpReceiver({ ports, path: receiverPath(node.id) + below, pointOfAccess });
    this.endReceiving = receiveThrough(RED, node.id, receiver);
    return receiver;
  }
}

const isHttp = ({ scheme }: Endpoint): boolean => scheme === 'http' || scheme === 'https';
