/* global EventSource, location */
/** Runs in the editor under `npm run dev`: loads the page again when there is another build than the one it was loaded from. */
(function () {
  let shown;
  new EventSource('devicelink-dev/builds').onmessage = ({ data }) => {
    if (shown !== undefined && data !== shown) location.reload();
    shown = data;
  };
})();
