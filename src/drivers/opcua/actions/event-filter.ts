import type { ContentFilterElementOptions, DataType as BuiltIn, EventFilter, NodeId } from 'node-opcua-client';
import type { OpcUaLibrary } from '../library/load';

/** What an event must be to be told; all that are given must hold. */
export interface EventConditions {
  /** Of this type or a subtype of it. */
  readonly eventType?: NodeId;
  /** 1 (lowest) to 1000. */
  readonly minSeverity?: number;
  readonly sourceNode?: NodeId;
}

/** Fields of every event (part 5, 6.4.2). */
export const BASE_FIELDS = [
  'EventId',
  'EventType',
  'SourceNode',
  'SourceName',
  'Time',
  'ReceiveTime',
  'Message',
  'Severity',
] as const;

/** Fields of conditions and alarms (part 9); other events have none of them. */
export const CONDITION_FIELDS = [
  'ConditionId',
  'ConditionName',
  'BranchId',
  'Retain',
  'Quality',
  'Comment',
  'EnabledState.Id',
  'ActiveState.Id',
  'AckedState.Id',
  'ConfirmedState.Id',
] as const;

/** A filter for the server: which fields it sends, of which events. */
export function makeEventFilter(
  library: OpcUaLibrary,
  fields: readonly string[],
  conditions: EventConditions = {},
): EventFilter {
  const filter = library.constructEventFilter([...fields]);
  const elements = joinByAnd(library, toElements(library, conditions));
  if (elements.length === 0) return filter;
  return new library.EventFilter({ selectClauses: filter.selectClauses ?? [], whereClause: { elements } });
}

function toElements(library: OpcUaLibrary, conditions: EventConditions): ContentFilterElementOptions[] {
  const { FilterOperator, DataType, LiteralOperand } = library;
  const { eventType, minSeverity, sourceNode } = conditions;
  const literal = (dataType: BuiltIn, value: unknown) => new LiteralOperand({ value: { dataType, value } });
  const field = (name: string) => library.constructEventFilter([name]).selectClauses?.[0] ?? null;
  const elements: ContentFilterElementOptions[] = [];
  if (eventType !== undefined) {
    elements.push({ filterOperator: FilterOperator.OfType, filterOperands: [literal(DataType.NodeId, eventType)] });
  }
  if (minSeverity !== undefined) {
    const filterOperands = [field('Severity'), literal(DataType.UInt16, minSeverity)];
    elements.push({ filterOperator: FilterOperator.GreaterThanOrEqual, filterOperands });
  }
  if (sourceNode !== undefined) {
    const filterOperands = [field('SourceNode'), literal(DataType.NodeId, sourceNode)];
    elements.push({ filterOperator: FilterOperator.Equals, filterOperands });
  }
  return elements;
}

/** A filter is a list whose first element is the root: `And(1, 2), a, And(3, 4), b, c` (part 4, 7.7.1). */
function joinByAnd(
  library: OpcUaLibrary,
  elements: readonly ContentFilterElementOptions[],
  offset = 0,
): ContentFilterElementOptions[] {
  const [first, ...rest] = elements;
  if (first === undefined || rest.length === 0) return [...elements];
  const operand = (index: number) => new library.ElementOperand({ index });
  const and = {
    filterOperator: library.FilterOperator.And,
    filterOperands: [operand(offset + 1), operand(offset + 2)],
  };
  return [and, first, ...joinByAnd(library, rest, offset + 2)];
}
