<script type="text/markdown" data-help-name="__type__">
Hält die benannten Eigenschaften eines __Name__-Geräts mit dem Flow und auf Wunsch mit einem MQTT-Broker im Gleichstand.

<!-- part: inputs -->

<!-- part: outputs -->

### Details

Der Endpunkt ist `Host:Port`, etwa `192.168.0.10:4001`.

<!-- part: states -->

<!-- part: test -->

<!-- part: properties columns="`name`, `type`, `address`, `unit`, `scale`" -->

<!-- part: mqtt -->

<!-- part: references -->
</script>
