{
  "__type__": {
    "palette": "__name__ device"
  },
  "headings": {
    "link": "Connection"
  },
  "link": {
    "endpoint": "Endpoint",
    "address": "Address"
  }
}
