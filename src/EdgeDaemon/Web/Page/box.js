// The box as the page hears it. Whatever goes wrong, it goes on trying and says why.

const RETRY_MS = 2000;
// The box says something every second: silence means that it is gone, however open the connection looks.
const SILENCE_MS = 4000;

async function get(path) {
  const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(SILENCE_MS) });
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => null);
  throw new Error(problem?.detail ?? `${path}: ${response.status}`);
}

/** JSON of a path, or null when it is not there. */
export async function getOrNull(path) {
  return get(path).catch(() => null);
}

/**
 * Listens to the box for ever.
 * @param listener `start({codes, stations, inspections})` after each connection, `device`, `state`, `verdict` and `picture` with the events' content, `lost(why)`.
 */
export function listen(listener) {
  let source = null;
  let watch = 0;
  let spoke = false;

  async function connect() {
    const own = source = new EventSource("/api/v1/events?pictures=true");
    spoke = false;
    // What happens while the past is being read is told after it, so that nothing falls between the two.
    let early = [];
    const tell = (name, content) => early ? early.push([name, content]) : listener[name](content);
    for (const name of ["device", "state", "verdict", "picture"]) {
      own.addEventListener(name, event => {
        spoke = true;
        heard();
        tell(name, JSON.parse(event.data));
      });
    }
    own.onerror = () => lose("the connection to the box is broken");
    heard();
    await new Promise(opened => { own.onopen = opened; });
    try {
      const [codes, stations] = await Promise.all([get("/api/v1/codes"), get("/api/v1/stations")]);
      const inspections = await Promise.all(stations.map(s => get(`/api/v1/inspections?station=${encodeURIComponent(s.station)}&limit=20`)));
      if (source !== own) return;
      listener.start({ codes, stations, inspections });
    } catch (error) {
      // fetch says TypeError where nobody answers.
      if (source === own) lose(error instanceof TypeError ? "no answer from the box" : error.message);
      return;
    }

    const told = early;
    early = null;
    for (const [name, content] of told) tell(name, content);
  }

  function heard() {
    clearTimeout(watch);
    watch = setTimeout(() => lose(spoke
      ? "nothing was heard from the box for some seconds"
      : "no event arrives from the box; a proxy between has to pass events on at once, without buffering (docs/http.md)"), SILENCE_MS);
  }

  function lose(why) {
    clearTimeout(watch);
    source?.close();
    source = null;
    listener.lost(why);
    watch = setTimeout(connect, RETRY_MS);
  }

  connect();
}
