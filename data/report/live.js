// What makes a report follow the training that it is about: it listens to the events beside it, and puts in place what has changed.
(function () {
  "use strict";
  const note = document.getElementById("live"), said = document.getElementById("said");
  const kSilence = 30000;  // ms from one sentence for a screen reader to the next
  let saidAt = Date.now(), lost = 0;
  const show = (text, how) => {
    note.textContent = text;
    note.dataset.how = how;
  };

  // What scripts have added or set stays: buttons, zoomed curves, what is folded out, sorted or in focus
  const isOurs = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches(".tool, .zoomed");
  const kept = new Set(["open", "style", "aria-sort"]);
  const renew = (old, fresh) => {
    if (old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.data !== fresh.data) old.data = fresh.data;
      return undefined;
    }
    for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !kept.has(name)) old.removeAttribute(name);
    if (old.nodeName === "TH" && old.querySelector("button")) return undefined;
    const ours = [...old.childNodes].filter((node) => !isOurs(node)), theirs = [...fresh.childNodes];
    theirs.forEach((node, k) => { if (k < ours.length) renew(ours[k], node); else old.append(node); });
    ours.slice(theirs.length).forEach((node) => node.remove());
    return undefined;
  };
  const elementOf = (id) => id === "nav" ? document.querySelector("nav") : id === "header" ? document.querySelector("main > header") : document.getElementById(id);
  const parsed = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };
  const putInPlace = ({ title, order, parts }) => {
    document.title = title;
    for (const section of document.querySelectorAll("main > section")) if (!order.includes(section.id)) section.remove();
    let before = null;
    for (const id of order) {
      const html = parts && parts[id], old = elementOf(id);
      if (html && old) renew(old, parsed(html));
      else if (html) before.after(parsed(html));
      if (id !== "nav") before = elementOf(id);
    }
    document.documentElement.dispatchEvent(new Event("renewed"));
    for (const figure of document.querySelectorAll("figure[data-zoom]")) figure.dispatchEvent(new Event("renewed"));
  };
  const say = (text) => { said.textContent = text; saidAt = Date.now(); };

  // The report takes the place of it all; what was at the top of the window stays there
  const end = (html) => {
    const top = [...document.querySelectorAll("main > section")].reverse().find((section) => section.getBoundingClientRect().top <= 80);
    const offset = top ? top.getBoundingClientRect().top : -scrollY;
    document.open();
    document.write(html);
    document.close();
    requestAnimationFrame(() => {
      const same = top && document.getElementById(top.id);
      scrollTo({ top: same ? scrollY + same.getBoundingClientRect().top - offset : top ? 0 : -offset, behavior: "instant" });
      setTimeout(() => { document.getElementById("said").textContent = "Training has ended. " + document.querySelector(".verdict").textContent; }, 100);
    });
  };

  const events = new EventSource("events?since=" + document.body.dataset.version);
  const leave = (text) => {
    events.close();
    show(text, "ended");
    say(text);
  };
  show("Follows the training", "on");
  events.onopen = () => {
    lost = 0;
    show("Follows the training", "on");
  };
  events.onmessage = ({ data }) => {
    const told = JSON.parse(data);
    if (told.page) {
      events.close();
      end(told.page);
      return;
    }
    putInPlace(told);
    if (told.ended) leave(told.ended);
    else if (Date.now() - saidAt > kSilence) say(document.querySelector(".verdict").textContent);
  };
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) leave("This page does not follow the training: too many do, or it has ended");
    else if (++lost > 5) leave("The connection is gone: the process has ended, or cannot be reached");
    else show("The connection is gone; trying again", "off");
  };
})();
