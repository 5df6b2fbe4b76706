/** What a response status code means (TS-0004 6.6.3, TS-0009 6.3.2 for HTTP), and what usually helps. */
export interface StatusCode {
  readonly name: string;
  /** The HTTP status it travels with. */
  readonly http: number;
  /** What happened, with the likely cause; absent where the name says it all. */
  readonly words?: string;
  readonly advice?: string;
}

const code = (name: string, http: number, words?: string, advice?: string): StatusCode => ({
  name,
  http,
  ...(words === undefined ? {} : { words }),
  ...(advice === undefined ? {} : { advice }),
});

const TRY_LATER = 'Try again later.';
const REACHABLE = 'Check that the other side runs and that its point of access (poa) is right.';
const PRIVILEGES =
  'Check the access control policies (acpi) of the resource, and the originator: only the creator has rights to a resource without a policy.';
const SECURE = 'Check user, password, token or certificate.';

export const STATUS_CODES: Readonly<Record<number, StatusCode>> = {
  1000: code('ACCEPTED', 202),
  1001: code('ACCEPTED_NON_BLOCKING_REQUEST_SYNC', 202),
  1002: code('ACCEPTED_NON_BLOCKING_REQUEST_ASYNC', 202),
  2000: code('OK', 200),
  2001: code('CREATED', 201),
  2002: code('DELETED', 200),
  2004: code('UPDATED', 200),
  4000: code(
    'BAD_REQUEST',
    400,
    'the CSE found a mistake in the request: an attribute it does not know or requires, or a value out of range',
    'Compare the attributes with what this CSE knows; some require "srv" or "rr" of an AE, others refuse "srv".',
  ),
  4001: code(
    'RELEASE_VERSION_NOT_SUPPORTED',
    501,
    'the CSE does not support the release of the request',
    'Set cse.release to one that the CSEBase lists in "srv" (2a, 3, 4 or 5).',
  ),
  4004: code('NOT_FOUND', 404, 'there is no such resource', 'Check the address; the resource may have expired.'),
  4005: code(
    'OPERATION_NOT_ALLOWED',
    405,
    'this operation is not allowed on this resource',
    'A contentInstance cannot be updated; "la" and "ol" can only be retrieved and deleted.',
  ),
  4008: code(
    'REQUEST_TIMEOUT',
    504,
    'the request expired before it could be answered',
    'Check the clocks of both sides, and the request expiration (rqet).',
  ),
  4015: code('UNSUPPORTED_MEDIA_TYPE', 415, 'the CSE does not take this serialization', 'Set serialization to json.'),
  4101: code('SUBSCRIPTION_CREATOR_HAS_NO_PRIVILEGE', 403, undefined, PRIVILEGES),
  4102: code('CONTENTS_UNACCEPTABLE', 400, 'the CSE does not accept the content', 'Check its type, size and format.'),
  4103: code('ORIGINATOR_HAS_NO_PRIVILEGE', 403, 'the originator may not do this with this resource', PRIVILEGES),
  4104: code('GROUP_REQUEST_IDENTIFIER_EXISTS', 409, 'the group has seen this request already'),
  4105: code(
    'CONFLICT',
    409,
    'there is a resource of this name already',
    'Choose another name (rn), or resume or delete the resource that exists.',
  ),
  4106: code('ORIGINATOR_HAS_NOT_REGISTERED', 403, undefined, 'Register first; the registration may have expired.'),
  4107: code('SECURITY_ASSOCIATION_REQUIRED', 403, 'the CSE wants the sender to prove who it is', SECURE),
  4108: code(
    'INVALID_CHILD_RESOURCE_TYPE',
    403,
    'a resource of this type cannot be created here',
    'Check the target: a contentInstance belongs into a container, an AE below the CSEBase.',
  ),
  4109: code('NO_MEMBERS', 403, 'the group has no members', 'Add members (mid) to the group.'),
  4110: code('GROUP_MEMBER_TYPE_INCONSISTENT', 400, 'a member is not of the type of the group (mt)'),
  4111: code('ESPRIM_UNSUPPORTED_OPTION', 400),
  4112: code('ESPRIM_UNKNOWN_KEY_ID', 400),
  4113: code('ESPRIM_UNKNOWN_ORIG_RAND_ID', 400),
  4114: code('ESPRIM_UNKNOWN_RECV_RAND_ID', 400),
  4115: code('ESPRIM_BAD_MAC', 400),
  4116: code('ESPRIM_IMPERSONATION_ERROR', 403),
  4117: code(
    'ORIGINATOR_HAS_ALREADY_REGISTERED',
    403,
    'the CSE has a registration of this originator already',
    'Resume that registration, delete it, or use another originator.',
  ),
  4118: code('ONTOLOGY_NOT_AVAILABLE', 404),
  4119: code('LINKED_SEMANTICS_NOT_AVAILABLE', 404),
  4120: code('INVALID_SEMANTICS', 400),
  4121: code('MASHUP_MEMBER_NOT_FOUND', 404),
  4122: code('INVALID_TRIGGER_PURPOSE', 403),
  4123: code('ILLEGAL_TRANSACTION_STATE_TRANSITION_ATTEMPTED', 409),
  4124: code('BLOCKING_SUBSCRIPTION_ALREADY_EXISTS', 409, 'only one blocking subscription is allowed on a resource'),
  4125: code(
    'SPECIALIZATION_SCHEMA_NOT_FOUND',
    404,
    'the CSE does not know this kind of flexContainer',
    'Check the containerDefinition (cnd) and the name in front of the attributes (cod:...).',
  ),
  4126: code(
    'APP_RULE_VALIDATION_FAILED',
    403,
    'the CSE does not allow this App-ID, AE name or credential id',
    'Check appID, originator and credentialID with the operator of the CSE.',
  ),
  4127: code('OPERATION_DENIED_BY_REMOTE_ENTITY', 403, undefined, PRIVILEGES),
  4128: code('SERVICE_SUBSCRIPTION_NOT_ESTABLISHED', 403, 'the service provider does not know this AE'),
  4142: code('INVALID_PROCESS_CONFIGURATION', 400),
  4143: code('INVALID_SPARQL_QUERY', 400),
  5000: code('INTERNAL_SERVER_ERROR', 500, 'the CSE failed', 'Look into the log of the CSE.'),
  5001: code('NOT_IMPLEMENTED', 501, 'the CSE does not implement this'),
  5103: code('TARGET_NOT_REACHABLE', 404, 'the CSE cannot reach the target', REACHABLE),
  5105: code('RECEIVER_HAS_NO_PRIVILEGES', 403, 'the CSE may not do this on behalf of the originator', PRIVILEGES),
  5106: code('ALREADY_EXISTS', 409, 'it exists already', 'Resume or delete what exists.'),
  5107: code('REMOTE_ENTITY_NOT_REACHABLE', 404, 'the CSE cannot reach the other CSE or AE', REACHABLE),
  5203: code('TARGET_NOT_SUBSCRIBABLE', 403, 'a resource of this type cannot be subscribed to'),
  5204: code(
    'SUBSCRIPTION_VERIFICATION_INITIATION_FAILED',
    500,
    'the receiver of the notifications did not answer the verification request, or refused it',
    'Check the notification target (nu) and the point of access (poa): they must name the broker or host exactly as the CSE reaches it.',
  ),
  5205: code('SUBSCRIPTION_HOST_HAS_NO_PRIVILEGE', 403, 'the receiver of the notifications refused this CSE'),
  5206: code(
    'NON_BLOCKING_SYNCH_REQUEST_NOT_SUPPORTED',
    501,
    'the CSE does not support non-blocking requests',
    'Send the request as blocking.',
  ),
  5207: code(
    'NOT_ACCEPTABLE',
    406,
    'the CSE cannot answer in the form that is asked for',
    'Set serialization to json.',
  ),
  5208: code('DISCOVERY_DENIED_BY_IPE', 403),
  5209: code('GROUP_MEMBERS_NOT_RESPONDED', 500, 'no member of the group has answered', TRY_LATER),
  5210: code('ESPRIM_DECRYPTION_ERROR', 500),
  5211: code('ESPRIM_ENCRYPTION_ERROR', 500),
  5212: code('SPARQL_UPDATE_ERROR', 500),
  5214: code('TARGET_HAS_NO_SESSION_CAPABILITY', 403),
  5215: code('SESSION_IS_ONLINE', 403),
  5216: code('JOIN_MULTICAST_GROUP_FAILED', 500),
  5217: code('LEAVE_MULTICAST_GROUP_FAILED', 500),
  5218: code('TRIGGERING_DISABLED_FOR_RECIPIENT', 403),
  5219: code('UNABLE_TO_REPLACE_REQUEST', 409),
  5220: code('UNABLE_TO_RECALL_REQUEST', 409),
  5221: code('CROSS_RESOURCE_OPERATION_FAILURE', 500),
  5222: code('TRANSACTION_PROCESSING_IS_INCOMPLETE', 500),
  6003: code('EXTERNAL_OBJECT_NOT_REACHABLE', 404, undefined, REACHABLE),
  6005: code('EXTERNAL_OBJECT_NOT_FOUND', 404),
  6010: code('MAX_NUMBER_OF_MEMBER_EXCEEDED', 400, 'the group is full', 'Raise its mnm.'),
  6011: code('MEMBER_TYPE_INCONSISTENT', 400, 'a member is not of the type of the group (mt)'),
  6020: code('MANAGEMENT_SESSION_CANNOT_BE_ESTABLISHED', 500),
  6021: code('MANAGEMENT_SESSION_ESTABLISHMENT_TIMEOUT', 500),
  6022: code('INVALID_CMDTYPE', 400),
  6023: code('INVALID_ARGUMENTS', 400),
  6024: code('INSUFFICIENT_ARGUMENTS', 400),
  6025: code('MGMT_CONVERSION_ERROR', 500),
  6026: code('MGMT_CANCELLATION_FAILED', 500),
  6028: code('ALREADY_COMPLETE', 400),
  6029: code('MGMT_COMMAND_NOT_CANCELLABLE', 400),
};

/** Codes for answers over HTTP without `X-M2M-RSC`: often a proxy in front of the CSE. */
export const CODES_OF_HTTP_STATUS: Readonly<Record<number, number>> = {
  200: 2000,
  201: 2001,
  202: 1000,
  204: 2000,
  400: 4000,
  401: 4107,
  403: 4103,
  404: 4004,
  405: 4005,
  406: 5207,
  408: 4008,
  409: 4105,
  415: 4015,
  500: 5000,
  501: 5001,
  502: 5103,
  503: 5103,
  504: 4008,
};
