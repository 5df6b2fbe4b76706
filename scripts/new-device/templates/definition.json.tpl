{
  "color": "#b9a6c9",
  "defaults": {
    "protocol": { "value": { "endpoint": "" } }
  }
}
