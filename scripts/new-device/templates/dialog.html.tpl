<h4 data-i18n="headings.link"></h4>
<row path="protocol.endpoint" icon="globe" label="link.endpoint" placeholder="192.168.0.10:4001" />
