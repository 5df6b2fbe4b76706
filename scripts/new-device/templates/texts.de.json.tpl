{
  "__type__": {
    "palette": "__name__-Gerät"
  },
  "headings": {
    "link": "Verbindung"
  },
  "link": {
    "endpoint": "Endpunkt",
    "address": "Adresse"
  }
}
