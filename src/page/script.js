// Asks for the page again and takes over what is new, so that opened deliveries stay open.
"use strict";
const list = document.getElementById("deliveries");
let tag = "";

async function renew() {
  const answer = await fetch(location.pathname, { headers: { accept: "text/html", "if-none-match": tag } });
  if (answer.ok) {
    tag = answer.headers.get("etag");
    take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  }
  document.body.classList.remove("gone");
}

function take(page) {
  document.title = page.title;
  for (const id of ["state", "checking"]) {
    document.getElementById(id).lastChild.textContent = page.getElementById(id).textContent;
  }
  const known = new Set(Array.from(list.children, (item) => item.id));
  const fresh = Array.from(page.getElementById("deliveries").children).filter((item) => !known.has(item.id));
  list.prepend(...fresh);
  while (list.children.length > Number(list.dataset.kept)) list.lastElementChild.remove();
}

async function keep() {
  if (!document.hidden) {
    await renew().catch(() => {
      document.body.classList.add("gone");
      document.getElementById("state").lastChild.textContent = "The app does not answer any more.";
      tag = "";
    });
  }
  setTimeout(keep, 1000);
}

setTimeout(keep, 1000);
