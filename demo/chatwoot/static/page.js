// The customer page: shows each account's conversation as it changes, and sends what a person types.

const WORDS = {
  pt: {
    title: "Conversas de demonstração", subtitle: "Escreva como cliente de qualquer uma das empresas.",
    operator: "Visão da equipe", other: "English", youAre: "Você é", newCustomer: "+ Novo cliente",
    hint: "Escreva uma mensagem", send: "Enviar", deskHint: "Responder como pessoa da equipe",
    answer: "Responder", note: "Nota interna", take: "Assumir", giveBack: "Devolver ao assistente", resolve: "Encerrar",
    pending: "o assistente responde", open: "com uma pessoa da equipe", resolved: "conversa encerrada",
    snoozed: "conversa adiada", none: "nenhuma mensagem ainda", customer: "Cliente", bot: "assistente", person: "equipe",
    noteBy: "Nota interna", failed: "não entregue", today: "Hoje", yesterday: "Ontem",
    empty: "Esta conversa ainda não começou. Escreva, ou comece por aqui:",
    starters: ["Oi, bom dia!", "Que horas vocês abrem?", "Qual é o prazo de troca?", "Quero falar com uma pessoa"],
    nothing: "Ainda não há empresas aqui. A demonstração as cria ao começar.",
    offline: "Sem conexão. Tentando de novo…", refused: "Não foi possível enviar.",
    system: "Conversa aberta pelo sistema por um erro do assistente.",
  },
  en: {
    title: "Demo conversations", subtitle: "Write as a customer of either company.",
    operator: "Team view", other: "Português", youAre: "You are", newCustomer: "+ New customer",
    hint: "Write a message", send: "Send", deskHint: "Answer as a person of the team",
    answer: "Answer", note: "Private note", take: "Take over", giveBack: "Back to the assistant", resolve: "Resolve",
    pending: "the assistant answers", open: "with a person of the team", resolved: "conversation resolved",
    snoozed: "conversation snoozed", none: "no messages yet", customer: "Customer", bot: "assistant", person: "team",
    noteBy: "Private note", failed: "not delivered", today: "Today", yesterday: "Yesterday",
    empty: "This conversation has not begun. Write, or begin with one of these:",
    starters: ["Hello!", "When do you open?", "How do I return a product?", "I want to talk to a person"],
    nothing: "There are no companies here yet. The demo adds them when it starts.",
    offline: "No connection. Trying again…", refused: "That could not be sent.",
    system: "Opened by the system after an error of the assistant.",
  },
};
const NAMES = ["Ana", "Bruno", "Clara", "Davi", "Elisa", "Fábio", "Gabriela", "Heitor", "Iara", "João"];
const HUES = [338, 205, 28, 265, 150];
const BOT_FAILED = /error with the agent bot/;

let words = WORDS[remembered("language", "pt")] || WORDS.pt;
const accounts = new Map(); // id -> {id, name, conversations: Map, customer: {phone, name}, panel, tab}
let chosen = null;
const operator = document.getElementById("operator");

function remembered(key, otherwise) {
  try { return JSON.parse(localStorage.getItem(`chat-${key}`)) ?? otherwise; } catch { return otherwise; }
}
function remember(key, value) {
  try { localStorage.setItem(`chat-${key}`, JSON.stringify(value)); } catch { /* private window: nothing is kept */ }
}
function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer.json();
}

// -- what is known ---------------------------------------------------------------------------------------------------

function account({ id, name }) {
  if (!accounts.has(id)) {
    const customer = remembered(`customer-${id}`, null) || newCustomer(id, 0);
    accounts.set(id, { id, name, conversations: new Map(), customer });
    addPanel(accounts.get(id));
  }
  return accounts.get(id);
}
function newCustomer(id, number) {
  const digits = String(Math.floor(Math.random() * 1e8)).padStart(8, "0");
  return { name: NAMES[(id + number) % NAMES.length], phone: `+55119${digits}` };
}
function current(company) {
  return [...company.conversations.values()].find((c) => c.contact.phone === company.customer.phone);
}

// -- drawing ---------------------------------------------------------------------------------------------------------

function addPanel(company) {
  const panel = document.getElementById("company").content.firstElementChild.cloneNode(true);
  const hue = HUES[(accounts.size - 1) % HUES.length];
  panel.style.setProperty("--hue", hue);
  panel.querySelector(".avatar").textContent = initials(company.name);
  panel.querySelector("h2").textContent = company.name;
  panel.querySelector(".new-customer").onclick = () => become(company, newCustomer(company.id, company.conversations.size));
  panel.querySelector(".customer-choice").onchange = (event) => become(company, JSON.parse(event.target.value));
  listenTo(panel.querySelector(".composer"), (text) => say(company, text));
  listenTo(panel.querySelector(".desk"), (text) => act(company, "human_reply", { content: text }));
  for (const button of panel.querySelectorAll("[data-do]")) button.onclick = () => work(company, button.dataset.do);
  company.panel = panel;
  company.tab = make("button", "", company.name);
  company.tab.type = "button";
  company.tab.setAttribute("role", "tab");
  company.tab.onclick = () => choose(company.id);
  document.querySelector(".nothing")?.remove();
  document.getElementById("companies").append(panel);
  document.getElementById("tabs").append(company.tab);
  translate();
  if (chosen === null) choose(company.id); else draw(company);
}
function initials(name) {
  return name.split(/\s+/).filter((w) => /^\p{Lu}/u.test(w)).slice(0, 2).map((w) => w[0]).join("") || name[0];
}
function choose(id) {
  chosen = id;
  for (const company of accounts.values()) {
    const mine = company.id === id;
    company.panel.classList.toggle("chosen", mine);
    company.tab.setAttribute("aria-selected", mine);
    if (mine) company.tab.classList.remove("news");
    draw(company);
  }
}
function become(company, customer) {
  company.customer = customer;
  remember(`customer-${company.id}`, customer);
  draw(company);
}

function draw(company) {
  const { panel } = company;
  const conversation = current(company);
  const status = panel.querySelector(".status");
  status.dataset.status = conversation?.status || "none";
  status.lastElementChild.textContent = words[conversation?.status || "none"];
  const assignee = panel.querySelector(".assignee");
  assignee.hidden = !conversation?.assignee;
  assignee.textContent = conversation?.assignee || "";
  drawCustomers(company);
  drawMessages(company, conversation);
  panel.querySelector(".desk").hidden = !operator.checked || !conversation;
}
function drawCustomers(company) {
  const select = company.panel.querySelector(".customer-choice");
  const known = [...company.conversations.values()].map((c) => ({ name: c.contact.name, phone: c.contact.phone }));
  if (!known.some((c) => c.phone === company.customer.phone)) known.push(company.customer);
  select.replaceChildren(...known.map((customer) => {
    const option = make("option", "", customer.name);
    option.value = JSON.stringify(customer);
    option.selected = customer.phone === company.customer.phone;
    return option;
  }));
}
function drawMessages(company, conversation) {
  const list = company.panel.querySelector(".messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const shown = (conversation?.messages || []).filter((m) => operator.checked || (!m.private && m.author !== "system"));
  const rows = [];
  let day = "";
  let before = null;
  for (const message of shown) {
    const its = dayOf(message.at);
    if (its !== day) rows.push(make("li", "day", (day = its)));
    rows.push(bubble(message, before));
    before = message;
  }
  if (!shown.length) rows.push(beginning(company));
  if (conversation?.typing) rows.push(typing());
  list.replaceChildren(...rows);
  const fresh = shown.length !== company.shown;
  company.shown = shown.length;
  if (atEnd || fresh) list.scrollTop = list.scrollHeight;
}
function bubble(message, before) {
  const kind = message.private ? "private" : { customer: "customer-said", bot: "bot-said", person: "person-said", system: "activity" }[message.author];
  const row = make("li", `message ${kind}`);
  if (before && (before.author !== message.author || before.private !== message.private)) row.classList.add("turned");
  if (message.author !== "customer" && message.author !== "system") {
    const who = message.private ? `${words.noteBy} · ${message.name || words.person}` : `${message.name || words.person}`;
    if (row.classList.contains("turned") || !before || message.private) row.append(make("span", "who", who));
  }
  for (const file of message.attachments) row.append(attachment(file));
  const told = BOT_FAILED.test(message.content || "") && message.author === "system" ? words.system : message.content || "";
  row.append(make("span", "text", told));
  if (message.author !== "system") row.append(make("span", "when", whenOf(message)));
  if (message.status === "failed") row.classList.add("failed");
  return row;
}
function attachment(file) {
  if (file.file_type === "image") {
    const image = make("img");
    image.src = file.url;
    image.alt = file.name;
    return image;
  }
  const link = make("a", "", `📎 ${file.name}`);
  link.href = file.url;
  return link;
}
function whenOf(message) {
  const time = new Date(message.at * 1000).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  if (message.status === "failed") return `${words.failed} · ${time}`;
  return message.author === "customer" ? `${time} ✓✓` : time;
}
function dayOf(at) {
  const date = new Date(at * 1000);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(date).setHours(0, 0, 0, 0)) / 864e5);
  if (days <= 1) return days < 1 ? words.today : words.yesterday;
  return date.toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "long" });
}
function beginning(company) {
  const row = make("li", "empty");
  const starters = make("div", "starters");
  for (const text of words.starters) {
    const button = make("button", "", text);
    button.type = "button";
    button.onclick = () => say(company, text);
    starters.append(button);
  }
  row.append(make("p", "", words.empty), starters);
  return row;
}
function typing() {
  const row = make("li", "message typing");
  row.append(make("i"), make("i"), make("i"));
  return row;
}

// -- sending ---------------------------------------------------------------------------------------------------------

function listenTo(form, send) {
  const box = form.querySelector("textarea");
  const grow = () => { box.style.height = "auto"; box.style.height = `${box.scrollHeight + 2}px`; };
  const submit = async () => {
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    grow();
    try { await send(text); } catch { box.value = text; grow(); complain(words.refused); }
  };
  box.oninput = grow;
  box.onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); submit(); }
  };
  form.onsubmit = (event) => { event.preventDefault(); submit(); };
}
function say(company, text) {
  remember(`customer-${company.id}`, company.customer);
  return post(`/_demo/accounts/${company.id}/customer_messages`, { ...company.customer, content: text });
}
function act(company, what, body) {
  return post(`/_demo/accounts/${company.id}/conversations/${current(company).id}/${what}`, body);
}
async function work(company, what) {
  const box = company.panel.querySelector(".desk textarea");
  try {
    if (what === "note") {
      if (!box.value.trim()) return box.focus();
      await act(company, "human_reply", { content: box.value.trim(), private: true });
      box.value = "";
    } else if (what === "take") {
      await act(company, "assign", {});
      await act(company, "status", { status: "open" });
    } else {
      if (what === "return") await act(company, "assign", { user_id: null });
      await act(company, "status", { status: what === "resolve" ? "resolved" : "pending" });
    }
  } catch { complain(words.refused); }
}
function complain(text) {
  const line = document.getElementById("offline");
  line.textContent = text;
  line.hidden = false;
  setTimeout(() => { line.hidden = true; line.textContent = words.offline; }, 4000);
}

// -- language, live changes --------------------------------------------------------------------------------------------

function translate() {
  document.documentElement.lang = words === WORDS.en ? "en" : "pt-BR";
  document.title = words.title;
  document.getElementById("language").textContent = words.other;
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = words[node.dataset.say];
  for (const node of document.querySelectorAll("[data-hint]")) {
    node.placeholder = words[node.dataset.hint];
    node.setAttribute("aria-label", words[node.dataset.hint]);
  }
  for (const node of document.querySelectorAll(".send")) node.setAttribute("aria-label", words.send);
  const nothing = document.querySelector(".nothing");
  if (nothing) nothing.textContent = words.nothing;
}
function take(change) {
  const company = account(change.account);
  if (!change.conversation) return draw(company);
  company.conversations.set(change.conversation.id, change.conversation);
  if (company.id !== chosen) company.tab.classList.add("news");
  draw(company);
}
async function begin() {
  operator.checked = remembered("operator", false) || location.hash === "#team";
  operator.onchange = () => { remember("operator", operator.checked); accounts.forEach(draw); };
  document.getElementById("language").onclick = () => {
    words = words === WORDS.pt ? WORDS.en : WORDS.pt;
    remember("language", words === WORDS.pt ? "pt" : "en");
    translate();
    accounts.forEach(draw);
  };
  document.getElementById("companies").append(make("p", "nothing"));
  translate();
  const state = await (await fetch("/_demo/state")).json();
  for (const known of state.accounts) {
    const company = account(known);
    for (const conversation of known.conversations) company.conversations.set(conversation.id, conversation);
    const last = known.conversations.at(-1);
    if (last && !current(company)) become(company, { name: last.contact.name, phone: last.contact.phone });
    draw(company);
  }
  const events = new EventSource(`/_demo/events?after=${state.changes}`);
  events.onmessage = (event) => take(JSON.parse(event.data));
  events.onerror = () => { document.getElementById("offline").hidden = false; };
  events.onopen = () => { document.getElementById("offline").hidden = true; };
}
begin();
