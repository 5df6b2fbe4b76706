import { DeviceError } from '../../../base/errors';
import { OPERATIONS, type ResponsePrimitive } from '../../primitive/primitives';
import { unwrap } from '../../resource/resource-types';
import { isSuccess, throwIfRefused } from '../../primitive/status-codes';
import { changedAttributes } from './attributes';
import type { ResourceSpec } from '../model/config';
import type { Kept } from './kept';
import { REFERENCES, updatesFor, withoutSameReferences } from './references';
import { expiryOf } from './registration';
import type { Requester } from '../../exchange/requester';

const CONTAINER = { ty: 3, wrapper: 'm2m:cnt' };
const NOT_FOUND = 4004;
const CONFLICT = 4105;

/** A resource of `resources`, at its place. */
export class KeptResource implements Kept {
  readonly key: string;

  constructor(
    private readonly requester: Requester,
    private readonly spec: ResourceSpec,
  ) {
    this.key = `resource ${spec.path}`;
  }

  get address(): string {
    return this.requester.resolve(this.spec.path);
  }

  async ensure(): Promise<number | undefined> {
    const { ty, wrapper } = this.spec;
    const attributes = this.attributes();
    const response = await this.create(this.address, ty, { [wrapper]: attributes });
    if (response.rsc !== CONFLICT) {
      throwIfRefused(response, `creating ${this.address}`);
      return expiryOf(response);
    }
    return this.adopt(attributes);
  }

  async refresh(et: string): Promise<number | undefined> {
    const draft = { op: OPERATIONS.update, to: this.address, pc: { [this.spec.wrapper]: { et } } };
    const { response } = await this.requester.exchange(draft);
    throwIfRefused(response, `refreshing ${this.address}`);
    return expiryOf(response);
  }

  /** Takes over a resource that exists; attributes that differ from the wished ones are updated. */
  private async adopt(wanted: Record<string, unknown>): Promise<number | undefined> {
    const { wrapper } = this.spec;
    const { response } = await this.requester.exchange({ op: OPERATIONS.retrieve, to: this.address });
    throwIfRefused(response, `${this.address} exists, but cannot be retrieved`);
    const present = unwrap(response.pc);
    if (present !== undefined && present.wrapper !== wrapper) {
      const text = `${this.address} exists already, as ${present.wrapper} and not as ${wrapper}`;
      throw new DeviceError('CONFIG', `${this.spec.field}: ${text}`);
    }
    const attributes = (present?.representation ?? {}) as Record<string, unknown>;
    const changed = await withoutSameReferences(changedAttributes(wanted, attributes), attributes, this.requester);
    let expiresAt = expiryOf(response);
    for (const update of updatesFor(changed)) {
      const draft = { op: OPERATIONS.update, to: this.address, pc: { [wrapper]: update } };
      const updated = (await this.requester.exchange(draft)).response;
      throwIfRefused(updated, `updating ${Object.keys(update).join(', ')} of ${this.address}`);
      expiresAt = expiryOf(updated) ?? expiresAt;
    }
    return expiresAt;
  }

  /** Makes missing parents first, as containers, as far as they are below the AE. */
  private async create(address: string, ty: number, pc: object): Promise<ResponsePrimitive> {
    const { parent, name } = split(address);
    const [[wrapper, attributes] = ['', {}]] = Object.entries(pc) as [string, object][];
    const draft = { op: OPERATIONS.create, to: parent, ty, pc: { [wrapper]: { rn: name, ...attributes } } };
    const { response } = await this.requester.exchange(draft);
    const ae = this.requester.resolve('');
    if (response.rsc !== NOT_FOUND || !parent.startsWith(`${ae}/`)) return response;
    const made = await this.create(parent, CONTAINER.ty, { [CONTAINER.wrapper]: {} });
    if (!isSuccess(made.rsc) && made.rsc !== CONFLICT) return made;
    return (await this.requester.exchange(draft)).response;
  }

  /** As sent: a flow may name other resources as it names targets. */
  private attributes(): Record<string, unknown> {
    const attributes: Record<string, unknown> = { ...this.spec.attributes };
    for (const name of REFERENCES) {
      const given = attributes[name];
      if (!Array.isArray(given)) continue;
      attributes[name] = given.map((item: unknown) => (typeof item === 'string' ? this.requester.resolve(item) : item));
    }
    return attributes;
  }
}

function split(address: string): { parent: string; name: string } {
  const end = address.lastIndexOf('/');
  return { parent: address.slice(0, end), name: address.slice(end + 1) };
}
