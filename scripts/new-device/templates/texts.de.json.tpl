{
  "__type__": {
    "palette": "__Name__-Gerät"
  },
  "headings": {
    "link": "Verbindung"
  },
  "link": {
    "endpoint": "Endpunkt",
    "address": "Adresse"
  }
}
