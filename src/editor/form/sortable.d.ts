import 'jquery';

declare global {
  interface JQuery {
    /** The part of jQuery UI, on which Node-RED's editableList stands, that is needed besides it. */
    sortable(action: 'option', name: 'items', selector: string): JQuery;
    sortable(action: 'refresh'): JQuery;
  }
}
