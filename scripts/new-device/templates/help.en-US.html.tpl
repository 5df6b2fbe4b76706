<script type="text/markdown" data-help-name="__type__">
Keeps the named properties of a __Name__ device in step with the flow and, if wished, with an MQTT broker.

<!-- part: inputs -->

<!-- part: outputs -->

### Details

The endpoint is `host:port`, such as `192.168.0.10:4001`.

<!-- part: states -->

<!-- part: test -->

<!-- part: properties columns="`name`, `type`, `address`, `unit`, `scale`" -->

<!-- part: mqtt -->

<!-- part: references -->
</script>
