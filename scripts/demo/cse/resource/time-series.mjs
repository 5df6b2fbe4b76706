import { formatTime, parseTime } from '../base/times.mjs';
import { instancesOf } from './tree.mjs';

/**
 * Missing data of a timeSeries with `mdd` (TS-0001 10.2.26), found when a later instance comes, or when `detectMissing` is
 * told what time it is: the points at `first + n * pei` for which no instance came within `peid` (and `mdt`).
 * `expected` of the resource is the next such point, ms.
 */
export function addPoint(cse, series, { attributes }) {
  const time = parseTime(attributes.dgt);
  const { mdd, pei, peid } = series.attributes;
  if (mdd !== true || !(pei > 0) || time === undefined) return;
  if (series.expected === undefined) {
    series.expected = time + pei;
    return;
  }
  miss(cse, series, (point) => point + peid < time);
  if (Math.abs(time - series.expected) <= peid) series.expected += pei;
}

/** Looks at all time series: what should have come by now and did not? */
export function detectMissing(cse) {
  const now = cse.now();
  for (const series of [...cse.tree.all()].filter(({ ty, expected }) => ty === 29 && expected !== undefined)) {
    const { peid, mdt = 0 } = series.attributes;
    miss(cse, series, (point) => point + Math.max(peid, mdt) < now);
  }
}

function miss(cse, series, isOver) {
  const { attributes } = series;
  const { pei, peid, mdn = Infinity } = attributes;
  const times = instancesOf(series).map((each) => parseTime(each.attributes.dgt));
  for (; isOver(series.expected); series.expected += pei) {
    if (times.some((time) => Math.abs(time - series.expected) <= peid)) continue;
    attributes.mdlt = [...attributes.mdlt, formatTime(series.expected, cse.habits.timeDigits)].slice(
      -Math.min(mdn, 1000),
    );
    attributes.mdc = attributes.mdlt.length;
    cse.subscriptions.missed(series);
  }
}
