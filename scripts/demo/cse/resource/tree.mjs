import { INSTANCES } from '../base/resource-types.mjs';
import { formatTime } from '../base/times.mjs';

/**
 * @typedef {object} Resource
 * @property {number} ty
 * @property {string} wrapper `m2m:cnt`, `cod:tempe`, ...
 * @property {Record<string, any>} attributes by short names, `rn`, `ri` and `pi` among them
 * @property {Resource | undefined} parent
 * @property {Map<string, Resource>} children by name, oldest first
 * @property {string | undefined} creator
 */

const VIRTUAL = new Set(['la', 'ol', 'fopt', 'pcu']);

/** The resources of one CSE in memory. */
export class Tree {
  /** @type {Map<string, Resource>} */
  #byId = new Map();

  /** @param {Resource} root the CSEBase */
  constructor(root) {
    this.root = root;
    this.#byId.set(root.attributes.ri, root);
  }

  /** @returns {Iterable<Resource>} */
  all() {
    return this.#byId.values();
  }

  byId(ri) {
    return this.#byId.get(ri);
  }

  /** The AE with that AE-ID, the remoteCSE with that CSE-ID. */
  ae(aei) {
    return [...this.root.children.values()].find(({ ty, attributes }) => ty === 2 && attributes.aei === aei);
  }

  remote(csi) {
    return [...this.root.children.values()].find(({ ty, attributes }) => ty === 16 && attributes.csi === csi);
  }

  add(resource) {
    resource.parent.children.set(resource.attributes.rn, resource);
    this.#byId.set(resource.attributes.ri, resource);
  }

  /** @returns all that is gone: the resource and what was below, the resource first */
  remove(resource) {
    const gone = [resource, ...descendants(resource)];
    resource.parent.children.delete(resource.attributes.rn);
    for (const { attributes } of gone) this.#byId.delete(attributes.ri);
    return gone;
  }

  /**
   * What a CSE-relative address means, structured or not: `base/ae/c`, `-/ae/c`, `cnt123`, `cnt123/la`.
   *
   * @returns `{ resource, virtual?, rest }`; `rest` is what stands behind `fopt`; undefined: there is no such resource
   */
  find(address) {
    const [first = '', ...names] = address.split('/').filter((part) => part !== '');
    const { rn } = this.root.attributes;
    let resource = first === '-' || first === rn || first === '' ? this.root : this.#byId.get(first);
    for (const [index, name] of names.entries()) {
      const child = resource?.children.get(name);
      if (child === undefined && resource !== undefined && VIRTUAL.has(name)) {
        return { resource, virtual: name, rest: names.slice(index + 1).join('/') };
      }
      resource = child;
    }
    return resource && { resource };
  }

  /** Those whose time is over, none of them below another. */
  expired(now) {
    // Timestamps sort as text, which costs little however many there are.
    const stamp = formatTime(now, 6);
    const isOver = ({ attributes }) => attributes.et !== undefined && attributes.et <= stamp;
    return [...this.all()].filter((resource) => resource.parent && isOver(resource) && !isOver(resource.parent));
  }
}

/** Everything below, each parent before its children. */
export function descendants(resource, depth = Infinity) {
  if (depth <= 0) return [];
  return [...resource.children.values()].flatMap((child) => [child, ...descendants(child, depth - 1)]);
}

/** `base/ae/c`. */
export function pathOf(resource) {
  const { rn } = resource.attributes;
  return resource.parent === undefined ? rn : `${pathOf(resource.parent)}/${rn}`;
}

/** The instances of a container or time series, oldest first. */
export function instancesOf(resource) {
  const ty = INSTANCES[resource.ty];
  return [...resource.children.values()].filter((child) => child.ty === ty);
}
