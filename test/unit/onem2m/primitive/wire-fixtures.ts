/** Messages of live CSEs (docs/facts/onem2m.md#creating-an-ae-by-hand), as they were on the wire. */
export const WIRE = {
  acmeCreated: `{"fr":"/id-in","to":"CaeACME","ot":"20261122T032406,990781","rsc":2001,"rqi":"r-0001","rvi":"4","drt":1,"pc":{"m2m:ae":{"rn":"aeacme","api":"Nnr.probe","rr":true,"srv":["4"],"poa":["mqtt://127.0.0.1:18883"],"pi":"id-in","ri":"CaeACME","ty":2,"aei":"CaeACME","ct":"20261122T032406,987547","lt":"20261122T032406,987547","et":"20311121T032406,989504"}}}`,
  acmeVerification: `{"fr":"/id-in","to":"Cx4","ot":"20261122T032406,990781","op":5,"rqi":"lZd0Z4NctC","rvi":"4","drt":1,"pc":{"m2m:sgn":{"vrq":true,"sur":"/id-in/subcttx6wsCQU","cr":"Cx1"}}}`,
  acmeRegistration: `{"op":1,"to":"/id-in/cse-in","fr":"/id-nr","ty":16,"pc":{"m2m:csr":{"rn":"id-nr","cb":"/id-nr/cse-nr","csi":"/id-nr","cst":2,"rr":true,"poa":["mqtt://127.0.0.1:18883"],"srv":["2a","3","4"]}},"rqi":"b1","rvi":"4"}`,
  acmeForwarded: `{"fr":"/id-in/Cbr587","to":"/id-nr/cse-nr/temp/la","op":2,"rqi":"a4INYS1Tti","rvi":"4","rcn":1,"drt":1}`,
  acmeDenied: `{"fr":"/id-in","to":"Cx4","rsc":4103,"rqi":"z1","rvi":"4","pc":{"m2m:dbg":"originator: Cx4 has no RETRIEVE privileges for resource: cnt42"}}`,
  acmeGarbage: `{"rsc":4000,"rvi":"4","pc":{"m2m:dbg":"Invalid JSON"}}`,
  acmeAccepted: `{"fr":"/id-in","to":"Cx4","rsc":1001,"rqi":"n1","rvi":"4","pc":{"m2m:uri":"reqExCM4uabxV"}}`,
  acmeBatch: `{"fr":"/id-in","to":"Cx4","op":5,"rqi":"b2","rvi":"4","pc":{"m2m:agn":{"m2m:sgn":[{"nev":{"net":3,"rep":{"m2m:cin":{"con":"1"}}},"sur":"/id-in/sub1"},{"nev":{"net":3,"rep":{"m2m:cin":{"con":"2"}}},"sur":"/id-in/sub1"}]}}}`,
  acmeAsyncResult: `{"fr":"/id-in","to":"Cx4","op":5,"rqi":"as1","rvi":"4","pc":{"m2m:rsp":{"rsc":2000,"rqi":"n2","pc":{"m2m:cnt":{"rn":"c"}}}}}`,
  openmtcRegistration: `{"pc":{"m2m:csr":{"cb":"onem2m","csi":"/mn-cse-1","mei":null,"tri":null,"acpi":[],"at":[],"aa":null,"ch":[],"ct":null,"cst":2,"daci":[],"et":"20261122T043709","lbl":["openmtc"],"lt":null,"nl":null,"pi":null,"poa":["mqtt://127.0.0.1:18883"],"rr":true,"ri":null,"rn":"mn-cse-1","ty":null}},"op":1,"rqi":"moUZWKq7t0JvzTcI","ty":16,"fr":"//openmtc.org/mn-cse-1","to":"/in-cse-1/onem2m"}`,
  openmtcRetrieved: `{"rvi":"2a","to":"/in-cse-1/onem2m","pc":{"m2m:cb":{"csi":"/in-cse-1","acpi":[],"ct":"20261122T033705","cst":1,"lbl":[],"lt":"20261122T033705","nl":null,"pi":null,"poa":["http://127.0.0.1:18001","mqtt://127.0.0.1:18883"],"ri":"cb0","rn":"onem2m","ty":5,"srt":[5,16,2,23,4,3,1,24]}},"rqi":"2RTyOSsebn8BEfLt","fr":"//openmtc.org/mn-cse-1","rsc":2000}`,
  openmtcNotification: `{"op":5,"rqi":"JB37","fr":"//openmtc.org/in-cse-1","rvi":"2a","to":"//openmtc.org/in-cse-1/CGui","pc":{"m2m:sgn":{"cr":null,"nev":{"net":null,"om":null,"rep":{"m2m:cin":{"con":"eyJhIjoxfQ==","cnf":"application/json:1"}}},"nfu":null,"sud":null,"sur":"//openmtc.org/in-cse-1/onem2m/GUI/d/s","vrq":null}}}`,
  tinyiotCreated: `{"rsc":2001.0,"rqi":"r-0001","to":"TinyIoT","fr":"CProbe1","rvi":"3","pc":{"m2m:ae":{"rn":"probe1","api":"N.probe","rr":true,"srv":["3"],"poa":["mqtt://127.0.0.1:18883"],"ty":2.0,"ct":"20261122T032109,943","ri":"CProbe1","lt":"20261122T032109,943","pi":"tinyiot","et":"20281121T032109,943","aei":"CProbe1"}}}`,
  tinyiotNotification: `{"m2m:sgn":{"nev":{"net":3.0,"rep":{"m2m:cin":{"con":"21.5"}}},"sur":"TinyIoT/probe1/c/s"}}`,
  mobius4Created: `{"rqi":"q1","rvi":"3","pc":{"m2m:ae":{"ty":2,"et":"20271122T034056","ct":"20261122T034056","lt":"20261122T034056","ri":"Cseq1","rn":"Cseq1x","pi":"7hkge4tvpm","rr":true,"srv":["3"],"api":"N.probe","aei":"Cseq1","poa":["mqtt://127.0.0.1:18883"]}},"rsc":2001}`,
  mobius4Notification: `{"fr":"/Mobius4","ri":"mqtt-noti-17","op":5,"pc":{"m2m:sgn":{"nev":{"net":3,"rep":{"m2m:cin":{"con":"x"}}},"sur":"Mobius/a/s"}}}`,
  discovery: `{"op":2,"to":"cse-in","fr":"Cx1","rqi":"d1","rvi":"4","rcn":6,"drt":1,"fc":{"fu":1,"ty":[3,4],"lbl":["a"],"atr":[],"crb":null,"lim":10},"rt":{"rtv":2,"nu":["Cx1"]},"rqet":"20261122T043709,500000"}`,
} as const;

/** A CBOR request that ACME accepted (appendix A5), and what it says. */
export const ACME_CBOR = {
  hex: 'b90007626f700162746f6c6373652d696e2f6f6e72657162667266436f6e72657162747903627063b90001676d326d3a636e74b9000162726e62636263727169637a3134637276696134',
  primitive: {
    op: 1,
    to: 'cse-in/onreq',
    fr: 'Conreq',
    ty: 3,
    pc: { 'm2m:cnt': { rn: 'cb' } },
    rqi: 'z14',
    rvi: '4',
  },
} as const;
