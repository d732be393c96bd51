// Draws the data of the document; talks by messages only, to the page around it or to itself.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const night = matchMedia("(prefers-color-scheme: dark)").matches;
  const ink = night ? "#dfe5ec" : "#1c2733", paper = night ? "#13171f" : "#ffffff";
  const line = night ? "#6b7888" : "#8f9baa", band = night ? "#1a2029" : "#f5f7f9";
  const nodes = new vis.DataSet(data.nodes), edges = new vis.DataSet(data.edges);
  const options = data.options;
  options.groups = night ? data.night : data.day;
  options.edges.color = { color: line, highlight: ink, hover: ink };
  const box = document.getElementById("graph");
  const net = new vis.Network(box, { nodes, edges }, options);
  const say = (type, more) => parent.postMessage({ src: "lianzhu", v: 1, type, ...more }, "*");

  const bottom = Math.max(0, ...data.nodes.map(n => n.y)) + 60;
  net.on("beforeDrawing", c => {
    for (const { title, left, right } of data.columns) {
      c.fillStyle = band;
      c.fillRect(left - 20, -100, right - left + 40, bottom + 100);
      c.fillStyle = ink;
      c.font = "bold 18px sans-serif";
      c.textAlign = "center";
      c.fillText(title, (left + right) / 2, -72);
    }
  });

  // Readable first: never below 11 px labels, then scroll; the centre or the top left comes first.
  function open() {
    net.fit({ animation: false });
    const scale = net.getScale(), readable = 0.8;
    if (scale >= readable) { if (scale > 1.2) net.moveTo({ scale: 1.2 }); return; }
    const wide = box.clientWidth / 2 / readable, high = box.clientHeight / 2 / readable;
    const right = Math.max(...data.columns.map(c => c.right)) + 40;
    const whole = !data.center || data.center.startsWith("Chain:");
    const at = whole ? { x: 0, y: 0 } : net.getPositions([data.center])[data.center];
    const within = (x, low, most) => Math.max(low, Math.min(x, most));  // no empty half beside it
    const position = { x: within(at.x, wide - 40, right - wide), y: within(at.y, high - 110, bottom - high) };
    net.moveTo({ position, scale: readable });
  }

  // What is known of a thing: its name, its kind, and every relation shown, in words.
  function tell(id) {
    const n = nodes.get(id);
    if (!n) return;
    const named = other => (nodes.get(other) || { name: other }).name;
    const drawn = data.edges.map(e => [e.from, e.to, e.title]);
    const told = [...drawn, ...data.untold].filter(r => r[0] === id || r[1] === id);
    const rels = told.map(([a, b, said]) => `${named(a)} → ${said} → ${named(b)}`);
    say("select", { id, name: n.name, kind: n.title.split("\n").pop(), rels });
  }

  function focus(id) {
    if (!nodes.get(id)) return;
    net.selectNodes([id]);
    net.focus(id, { scale: Math.max(net.getScale(), 0.9), animation: false });
    tell(id);
  }

  function find(text) {
    const hit = data.nodes.find(n => n.name === text) || data.nodes.find(n => n.name.includes(text));
    if (text && hit) focus(hit.id);
  }

  function picture() {
    const from = box.querySelector("canvas"), to = document.createElement("canvas");
    to.width = from.width;
    to.height = from.height;
    const c = to.getContext("2d");
    c.fillStyle = paper;
    c.fillRect(0, 0, to.width, to.height);
    c.drawImage(from, 0, 0);
    return to.toDataURL("image/png");
  }

  const does = {
    hello: () => say("ready"),
    focus: m => focus(String(m.id)),
    find: m => find(String(m.text)),
    filter: m => nodes.update(data.nodes.map(n => ({ id: n.id, hidden: m.hidden.includes(n.kind) }))),
    fit: () => net.fit({ animation: false }),
    draw: () => say("png", { picture: picture() }),
  };
  addEventListener("message", e => {
    const m = e.data;
    if (e.source === parent && m && m.src === "lianzhu" && Object.hasOwn(does, m.type)) does[m.type](m);
  });
  net.on("selectNode", e => tell(e.nodes[0]));
  net.on("doubleClick", e => { if (e.nodes.length) say("open", { id: e.nodes[0] }); });
  open();
  if (data.center) net.selectNodes([data.center]);
  say("ready");
})();
