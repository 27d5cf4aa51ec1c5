// A small shop in React: a login form, the orders of whoever logged in, a form to order. MOCK is the API's URL.
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

async function call(path, token, body) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(body && { "content-type": "application/json" }) };
  const response = await fetch(MOCK + path, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { status: response.status });
  return answer;
}

function Login({ onToken }) {
  const [error, setError] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const body = Object.fromEntries(new FormData(event.target));
    try {
      onToken((await call("/login", null, body)).access_token);
    } catch (problem) {
      setError(`${problem.status}: ${problem.message}`);
    }
  };
  return (
    <form onSubmit={submit}>
      <h1>Log in</h1>
      <label>E-mail <input name="email" type="email" required /></label>
      <label>Password <input name="password" type="password" required /></label>
      <button>Log in</button>
      <p role="alert">{error}</p>
    </form>
  );
}

function OrderForm({ products, token, onOrder }) {
  const [error, setError] = useState("");
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const line = { productId: Number(form.get("product")), quantity: Number(form.get("quantity")) };
    setError("");
    await call("/orders", token, { lines: [line] }).catch((problem) => setError(`${problem.status}: ${problem.message}`));
    await onOrder();
  };
  return (
    <form onSubmit={submit}>
      <label>Product <select name="product">
        {products.map((product) => <option key={product.id} value={product.id}>{`${product.name}, ${product.stock} left`}</option>)}
      </select></label>
      <label>Quantity <input name="quantity" type="number" min="1" defaultValue="1" /></label>
      <button>Order</button>
      <p role="alert">{error}</p>
    </form>
  );
}

function Orders({ token, onOut }) {
  const [shown, setShown] = useState(null);
  const load = async () => {
    try {
      const [me, orders, products] = await Promise.all([call("/me", token), call("/orders", token), call("/products")]);
      setShown({ me, orders, products });
    } catch {
      onOut();
    }
  };
  useEffect(() => void load(), [token]);
  if (shown === null) return <p>Loading</p>;
  const names = Object.fromEntries(shown.products.map((product) => [product.id, product.name]));
  return (
    <>
      <h1>Orders of {shown.me.name}</h1>
      <ul>
        {shown.orders.map((order) => (
          <li key={order.id}>{order.lines.map((line) => `${line.quantity} x ${names[line.productId]}`).join(", ")}: {order.total.toFixed(2)}</li>
        ))}
      </ul>
      <OrderForm products={shown.products} token={token} onOrder={load} />
      <button onClick={onOut}>Log out</button>
    </>
  );
}

function Store() {
  const [token, setToken] = useState(sessionStorage.getItem("token"));
  const keep = (value) => {
    if (value) sessionStorage.setItem("token", value);
    else sessionStorage.removeItem("token");
    setToken(value);
  };
  return token ? <Orders token={token} onOut={() => keep(null)} /> : <Login onToken={keep} />;
}

createRoot(document.getElementById("root")).render(<Store />);
