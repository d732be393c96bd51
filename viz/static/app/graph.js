// Inside the sandboxed frame: draws the data of the page, talks to the host by messages only.
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
    const start = data.center ? net.getPositions([data.center])[data.center]
      : { x: box.clientWidth / 2 / readable - 40, y: box.clientHeight / 2 / readable - 110 };
    net.moveTo({ position: start, scale: readable });
  }

  function focus(id) {
    if (!nodes.get(id)) return;
    net.selectNodes([id]);
    net.focus(id, { scale: Math.max(net.getScale(), 0.9), animation: false });
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
    focus: m => focus(String(m.id)),
    filter: m => nodes.update(data.nodes.map(n => ({ id: n.id, hidden: m.hidden.includes(n.kind) }))),
    fit: () => net.fit({ animation: false }),
    png: () => say("png", { picture: picture() }),
  };
  addEventListener("message", e => {
    const m = e.data;
    if (e.source === parent && m && m.src === "lianzhu" && Object.hasOwn(does, m.type)) does[m.type](m);
  });
  net.on("selectNode", e => say("select", { id: e.nodes[0] }));
  net.on("doubleClick", e => { if (e.nodes.length) say("open", { id: e.nodes[0] }); });
  open();
  if (data.center) net.selectNodes([data.center]);
  say("ready");
})();
