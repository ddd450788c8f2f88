// Calls the gateway through types made from its document: what does not fit the document does not compile.
import createClient from "openapi-fetch";
import type { paths } from "./api.js";

const [url, key, phone, otp] = process.argv.slice(2);
if (!url || !key || !phone || !otp) throw new Error("usage: call URL KEY PHONE OTP");
const city = createClient<paths>({
  baseUrl: url,
  headers: { "X-Api-Key": key, "X-App-Platform": "web", "Accept-Language": "en" },
});

function told<T>(what: string, answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data === undefined) throw new Error(`${what}: ${answer.response.status} ${JSON.stringify(answer.error)}`);
  console.log(`${what}: ${answer.response.status}`);
  return answer.data;
}

told("GET /v1/bootstrap", await city.GET("/v1/bootstrap"));
const menus = told("GET /v1/menus", await city.GET("/v1/menus"));
if (menus.services.length === 0) throw new Error("no services in the menus");
told("GET /v1/home", await city.GET("/v1/home", { params: { query: { lat: -6.1783, lon: 106.6319 } } }));
told("GET /v1/search", await city.GET("/v1/search", { params: { query: { q: "pasar" } } }));
told("GET /v1/prices/latest", await city.GET("/v1/prices/latest"));
told("GET /v1/news/articles", await city.GET("/v1/news/articles", { params: { query: { limit: 2 } } }));
const places = told("GET /v1/tourism/places", await city.GET("/v1/tourism/places"));
const ref = places.items[0]?.id;
if (ref) told("GET /v1/tourism/places/{ref}", await city.GET("/v1/tourism/places/{ref}", { params: { path: { ref } } }));

const absent = await city.GET("/v1/laksa/reports/{ref}", { params: { path: { ref: "LKS-0000-0000" } } });
if (absent.data !== undefined || !absent.error || !("code" in absent.error)) throw new Error("no problem was told");
console.log(`GET /v1/laksa/reports/{ref}: ${absent.response.status} ${absent.error.code}`);

const sent = told("POST /v1/auth/otp", await city.POST("/v1/auth/otp", { body: { phone } }));
const code = { challenge_id: sent.challenge_id, code: otp };
const signedIn = told("POST /v1/auth/otp/verify", await city.POST("/v1/auth/otp/verify", { body: code }));
const mine = { headers: { Authorization: `Bearer ${signedIn.access_token}` } };
told("GET /v1/me/requests", await city.GET("/v1/me/requests", mine));
