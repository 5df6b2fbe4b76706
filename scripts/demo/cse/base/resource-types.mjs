/**
 * The resource types that the simulator knows: their wrapper, their own attributes (short names), and the types of the
 * children they may have (TS-0001 clause 9.6). All other types are kept as they come.
 */
const CONTENT_PARENT_CHILDREN = [1, 3, 9, 10, 15, 18, 23, 24, 28, 29, 65];

export const TYPES = {
  1: { name: 'acp', attributes: 'pv pvs adri apri airi', children: [23] },
  2: {
    name: 'ae',
    attributes: 'apn api aei poa nl rr csz esi mei srv regs trps scp tren ape or',
    children: CONTENT_PARENT_CHILDREN,
  },
  3: { name: 'cnt', attributes: 'mni mbs mia cni cbs li or disr subi', children: [3, 4, 23, 24, 28, 29] },
  4: { name: 'cin', attributes: 'con cnf cs conr or dcnt dgt', children: [24] },
  5: { name: 'cb', attributes: 'csi cst srt csz poa nl srv spi ici ctm rr ncp' },
  9: { name: 'grp', attributes: 'mt spty cnm mnm mid macp mtv csy gn ssi nar', children: [23, 24] },
  14: { name: 'nod', attributes: 'ni hcl hael hsl mgca rms nid nty', children: [13, 23, 24] },
  15: { name: 'pch', attributes: 'rqag', children: [] },
  16: { name: 'csr', attributes: 'cst poa cb csi spi ici mei tri rr nl csz trn dcse mtcc egid tren ape srv' },
  17: { name: 'req', attributes: 'op tg org rid mi pc rs ors', children: [23] },
  23: {
    name: 'sub',
    attributes: 'enc exc nu gpi nfu bn rl psn pn nsp ln nct nec su acrs nse nsi eeno ma',
    children: [18],
  },
  29: {
    name: 'ts',
    attributes: 'pei peid mdd mdn mdlt mdc mdt cnf or mni mbs mia cni cbs',
    children: [23, 24, 30],
  },
  30: { name: 'tsi', attributes: 'dgt con cs snr', children: [] },
};

export const UNIVERSAL = 'rn ty ri pi ct lt et lbl acpi at aa ast daci cr st loc cstn'.split(' ');

/** What the CSE sets itself; a request that has any of them is refused. */
export const READ_ONLY = 'ty ri pi ct lt st cni cbs cs aei mdlt mdc cnm mtv'.split(' ');

/** What a CREATE must bring. */
export const MANDATORY = {
  1: ['pv', 'pvs'],
  4: ['con'],
  9: ['mid'],
  16: ['csi', 'cb'],
  23: ['nu'],
  30: ['dgt', 'con'],
};

/** Types with `la`, `ol`, `cni`, `cbs`, and the types of the instances they count. */
export const INSTANCES = { 3: 4, 28: 58, 29: 30 };

/** `m2m:cnt` for 3; undefined where the wrapper is a matter of the specialization (mgmtObj, flexContainer) or unknown. */
export const wrapperOf = (ty) => (TYPES[ty] === undefined ? undefined : `m2m:${TYPES[ty].name}`);

/** Whether such a resource may have that attribute; of types that are only stored, any. */
export function hasAttribute(ty, name) {
  if (TYPES[ty] === undefined) return true;
  return UNIVERSAL.includes(name) || TYPES[ty].attributes.split(' ').includes(name);
}

export function mayContain(parentTy, ty) {
  const children = TYPES[parentTy]?.children;
  return ty !== 5 && (children === undefined || children.includes(ty) || TYPES[ty] === undefined);
}
