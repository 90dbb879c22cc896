package dev.zerohop.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.zerohop.Balancer;
import dev.zerohop.BalancerSettings;
import dev.zerohop.Endpoint;
import dev.zerohop.EndpointSet;
import dev.zerohop.Env;
import dev.zerohop.Lease;
import dev.zerohop.NoEndpointException;
import dev.zerohop.Node;
import dev.zerohop.Outcome;
import dev.zerohop.PickContext;
import dev.zerohop.PickPolicy;
import dev.zerohop.Picker;
import dev.zerohop.Refusal;
import dev.zerohop.RetryDecision;
import dev.zerohop.Snapshot;
import dev.zerohop.config.Configurations;
import dev.zerohop.health.OutlierEjection;
import dev.zerohop.json.JsonReader;
import dev.zerohop.picker.Pickers;
import dev.zerohop.stage.HealthFilter;
import dev.zerohop.testing.FakeTime;
import dev.zerohop.testing.ScriptedResolver;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusPageTest {
    private static final BalancerSettings SETTINGS = BalancerSettings.builder(Pickers.roundRobin())
            .stages(List.of(new HealthFilter()))
            .ejection(OutlierEjection.builder().jitter(Duration.ZERO).build())
            .build();

    private final FakeTime time = new FakeTime();
    private final StatusPage page = StatusPage.builder()
            .time(time)
            .allowHosts(List.of("Status.Example.org"))
            .about(() -> List.of("leader of <orders>"))
            .build();
    private final List<Balancer> open = new ArrayList<>();

    @AfterEach
    void close() {
        page.close();
        open.forEach(Balancer::close);
    }

    private Balancer balancer(String name, ScriptedResolver resolver, BalancerSettings settings) {
        Balancer balancer = Balancer.builder(name)
                .env(time.env())
                .adapter("okhttp")
                .resolver(resolver)
                .settings(settings)
                .build();
        open.add(balancer);
        balancer.start();
        return balancer;
    }

    private static Endpoint endpoint(String id, int port) {
        return Endpoint.builder("10.0.0.1", port)
                .id(id)
                .zone("eu-1a")
                .ordinal(port - 80)
                .build();
    }

    private Balancer orders(int endpoints) {
        return fleet("orders", endpoints);
    }

    private Balancer fleet(String name, int endpoints) {
        ScriptedResolver resolver = new ScriptedResolver();
        Balancer balancer = balancer(name, resolver, SETTINGS);
        List<Endpoint> all = new ArrayList<>();
        for (int i = 0; i < endpoints; i++) {
            all.add(endpoint("orders-" + i, 80 + i));
        }
        resolver.push(all.toArray(Endpoint[]::new));
        return balancer;
    }

    private StatusPage.Response get(String path, @Nullable String query) {
        return page.respond("GET", "localhost:9000", path, query);
    }

    private String html(@Nullable String query) {
        return get("/", query).text();
    }

    private static void calls(Balancer balancer, int count, Outcome outcome) {
        for (int i = 0; i < count; i++) {
            balancer.acquire(PickContext.NONE).complete(outcome);
        }
    }

    // ---- what it shows ----

    @Test
    void aRowHasAllOfAnEndpoint() {
        Balancer balancer = orders(2);
        for (int i = 0; i < 2; i++) {
            Lease lease = balancer.acquire(PickContext.NONE);
            time.advance(Duration.ofMillis(12));
            lease.complete(Outcome.SUCCESS);
        }
        Lease running = balancer.acquire(PickContext.NONE);
        String html = html(null);
        assertThat(html)
                .contains("<th scope=\"row\">orders-0<small>10.0.0.1:80 zone eu-1a ordinal 0</small></th>")
                .contains("50\u202f%</small>")
                .contains("<td>12 ms</td>")
                .contains("1 ok")
                .contains("<b class=\"ok\">UNKNOWN</b> for ");
        assertThat(row(html, running.endpoint().id()))
                .contains("66.7\u202f%<small> of 50\u202f%")
                .contains("<td>1</td>");
        running.complete(Outcome.CANCELLED);
        assertThat(html)
                .contains("<dt>Policy</dt><dd>round_robin</dd>")
                .contains("<dd>scripted, version 1, age 24 ms</dd>")
                .contains(
                        "<b>2</b> members</li><li><b>2</b> health <small>2 of 2 stay</small></li><li><b>2</b> take calls</li>")
                .contains("<h2>orders <small>okhttp</small></h2>")
                .contains("2 endpoints: 2 added, 0 removed")
                .contains("<li>leader of &lt;orders&gt;</li>");
    }

    private static String row(String html, String id) {
        int from = html.indexOf("<th scope=\"row\">" + id + "<");
        return html.substring(from, html.indexOf("</tr>", from));
    }

    @Test
    void theBannerIsThereOnlyWhenSomethingIsWrong() {
        Balancer balancer = orders(2);
        assertThat(html(null)).contains("<div id=\"problems\" data-live=\"\" role=\"status\"></div>");
        balancer.begin(balancer.current().snapshot().members().get(1)).complete(Outcome.CONNECT_FAILURE);
        time.advance(Duration.ofMillis(500));
        String html = html(null);
        assertThat(html).contains("<p class=\"problem\">orders: 1 of 2 endpoints out: orders-1 is UNREACHABLE for ");
        assertThat(row(html, "orders-1"))
                .contains("<b class=\"bad\">UNREACHABLE</b> for ")
                .contains("1 failed");
        assertThat(html.indexOf(">orders-1<"))
                .as("what takes no calls is first")
                .isLessThan(html.indexOf(">orders-0<"));
        assertThat(html).contains("orders-1: UNKNOWN \u2192 UNREACHABLE (ejection: ");
    }

    @Test
    void withoutABalancerItSaysSo() {
        assertThat(html("service=nobody")).contains("No balancer of this name runs in this process.");
        assertThat(get("/explain", "service=nobody&key=1").text()).contains("No balancer of this name");
    }

    @Test
    void aBalancerFromBeforeThePageIsShownWithoutAttempts() {
        Balancer before = orders(1);
        try (StatusPage later = StatusPage.builder().time(time).build()) {
            calls(before, 1, Outcome.SUCCESS);
            assertThat(later.respond("GET", "localhost", "/", null).text())
                    .contains("orders-0")
                    .contains("not counted: this balancer was made before the page");
        }
    }

    @Test
    void refusalsAndTheLastEventsAreCountedAndBounded() {
        ScriptedResolver resolver = new ScriptedResolver();
        Balancer balancer = balancer("orders", resolver, SETTINGS);
        resolver.push();
        assertThatThrownBy(() -> balancer.acquire(PickContext.NONE)).isInstanceOf(NoEndpointException.class);
        assertThat(html(null)).contains("<dt>Calls without an endpoint</dt><dd>1 none_known</dd>");
        List<Endpoint> growing = new ArrayList<>();
        for (int i = 0; i < 2 * Events.KEPT; i++) {
            growing.add(endpoint("orders-" + i, 80 + i));
            resolver.push(growing.toArray(Endpoint[]::new));
        }
        String html = html(null);
        assertThat(html.split("<li><time>", -1)).hasSize(Events.KEPT + 1);
        assertThat(html).contains("</time> 100 endpoints: 1 added").contains("</time> 51 endpoints: 1 added");
        assertThat(html).doesNotContain("</time> 50 endpoints: 1 added");
        for (int i = 0; i < 4; i++) {
            resolver.push(endpoint("users-" + i, 80));
        }
        assertThat(html(null)).contains("</time> 1 endpoint: 1 added, 1 removed <small>3 times</small></li>");
    }

    @Test
    void searchAndOrderNarrowItDown() {
        Balancer balancer = orders(30);
        calls(balancer, 30, Outcome.SUCCESS);
        Lease lease = balancer.begin(balancer.current().snapshot().members().get(7));
        String found = html("q=ORDERS-2");
        assertThat(found).contains(">orders-2<").contains(">orders-29<").doesNotContain(">orders-1<");
        assertThat(found).contains("11 of 30 endpoints match");
        for (String sort : List.of("share", "inflight")) {
            assertThat(firstRow(html("sort=" + sort)))
                    .as(sort)
                    .isEqualTo(lease.endpoint().id());
        }
        balancer.begin(balancer.current().snapshot().members().get(9)).complete(Outcome.ERROR_RESPONSE);
        String ninth = balancer.current().snapshot().members().get(9).endpoint().id();
        assertThat(firstRow(html("sort=failures"))).isEqualTo(ninth);
        assertThat(firstRow(html("sort=id"))).isEqualTo("orders-0");
        assertThat(html("sort=id")).contains("aria-sort=\"other\"><a href=\"./?sort=id#s0\">Endpoint");
        lease.complete(Outcome.CANCELLED);
    }

    private static String firstRow(String html) {
        Matcher row = Pattern.compile("<th scope=\"row\">([^<]+)<").matcher(html);
        assertThat(row.find()).isTrue();
        return row.group(1);
    }

    @Test
    void aThousandEndpointsAreLessThanAMegabyteAndMoreAreCut() {
        Balancer balancer = orders(1_000);
        calls(balancer, 12_000, Outcome.SUCCESS);
        time.advance(Duration.ofSeconds(6));
        calls(balancer, 12_000, Outcome.ERROR_RESPONSE);
        String html = html(null);
        assertThat(html.getBytes(StandardCharsets.UTF_8).length).isLessThan(1 << 20);
        for (int i = 0; i < 1_000; i++) {
            assertThat(html.contains(">orders-" + i + "<")).isTrue();
        }
        fleet("users", 5);
        assertThat(html(null))
                .contains("995 of 1000 endpoints are shown: search, or ask for this service only")
                .as("a small service has its rows beside a large one")
                .doesNotContain(" of 5 endpoints are shown");
        fleet("wares", 700);
        assertThat(html(null))
                .as("two large ones have the same")
                .contains("498 of 1000 endpoints are shown", "497 of 700 endpoints are shown");
    }

    @Test
    void rowsAreDividedFairly() {
        assertThat(Page.fairly(1_000)).isEmpty();
        assertThat(Page.fairly(1_000, 1_000)).containsExactly(1_000);
        assertThat(Page.fairly(1_000, 2_000, 5)).containsExactly(995, 5);
        assertThat(Page.fairly(10, 7, 1, 9)).containsExactly(4, 1, 5);
        assertThat(Page.fairly(10, 2, 3, 0)).containsExactly(2, 3, 0);
    }

    @Test
    void ofManyServicesFiftyAreShownAndTheOthersAreAClickAway() {
        for (int i = 0; i < 60; i++) {
            fleet(String.format(Locale.ROOT, "s%02d", i), 30);
        }
        String html = html(null);
        assertThat(html.split("<section ", -1)).hasSize(Page.MAX_SERVICES + 1);
        assertThat(html.split("<tr><th scope=\"row\">", -1)).hasSize(Page.MAX_ROWS + 1);
        assertThat(html)
                .contains("<a href=\"#s49\">s49</a>", "<a href=\"./?service=s50\">s50</a>")
                .contains("50 of 60 services are shown below");
        fleet("t", 31);
        assertThat(html("q=orders-30"))
                .as("what was found is shown")
                .contains("<h2>t ", "<a href=\"#s0\">t</a>", "<a href=\"./?service=s59&amp;q=orders-30\">s59</a>");
        assertThat(html("service=t")).contains(">orders-30<").doesNotContain("services are shown below");
    }

    @Test
    void jsonIsTheStateWithWhatWasObserved() throws Exception {
        Balancer balancer = orders(2);
        for (int i = 0; i < 2; i++) {
            balancer.begin(balancer.current().snapshot().members().get(0)).complete(Outcome.SUCCESS);
        }
        balancer.begin(balancer.current().snapshot().members().get(1)).complete(Outcome.SUCCESS);
        balancer.begin(balancer.current().snapshot().members().get(1)).complete(Outcome.TIMEOUT);
        StatusPage.Response response = get("/state.json", null);
        assertThat(response.contentType()).isEqualTo("application/json");
        Map<?, ?> document = (Map<?, ?>) JsonReader.tree(response.text(), 1 << 20);
        assertThat(document).extracting("about").isEqualTo(List.of("leader of <orders>"));
        Map<?, ?> service = (Map<?, ?>) ((List<?>) document.get("services")).get(0);
        assertThat(service.keySet().stream().map(String::valueOf))
                .containsAll(balancer.state().toMap().keySet())
                .contains("recent", "refusals", "retries", "problems", "events");
        assertThat(service.get("recent")).asString().isEqualTo("{windowMs=60000.0, attempts=4.0, skew=null}");
        Map<?, ?> member = (Map<?, ?>) ((List<?>) service.get("members")).get(1);
        assertThat(member.get("id")).isEqualTo("orders-1");
        assertThat(member.get("recent"))
                .asString()
                .isEqualTo("{attempts=2.0, ok=1.0, failed=1.0, share=0.5, latencyMs=0.0,"
                        + " history=[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0],"
                        + " failures=[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]}");
        assertThat(get("/state.json", "service=nobody").text()).contains("\"services\":[]");
    }

    @Test
    void refusalsAndRetriesHaveTheWordsOfTheMetrics() throws Exception {
        Balancer balancer = orders(1);
        Endpoint endpoint = balancer.current().snapshot().members().get(0).endpoint();
        balancer.retryDecided(endpoint, Outcome.TIMEOUT, RetryDecision.BUDGET_EXHAUSTED);
        balancer.retryDecided(endpoint, Outcome.TIMEOUT, RetryDecision.GRANTED);
        assertThat(html(null)).contains("<dt>Retries</dt><dd>1 budget_exhausted, 1 granted</dd>");
        Map<?, ?> document =
                (Map<?, ?>) JsonReader.tree(get("/state.json", null).text(), 1 << 20);
        Map<?, ?> service = (Map<?, ?>) ((List<?>) document.get("services")).get(0);
        assertThat(service.get("retries")).asString().isEqualTo("{budget_exhausted=1.0, granted=1.0}");
        assertThat(service.get("refusals")).asString().isEqualTo("{}");
    }

    @Test
    void aKeyIsExplained() {
        ScriptedResolver resolver = new ScriptedResolver();
        balancer("orders", resolver, BalancerSettings.of(Pickers.shard()));
        resolver.push(endpoint("orders-0", 80), endpoint("orders-1", 81));
        String text = get("/explain", "service=orders&key=customer-42").text();
        assertThat(text).contains("With this key:").contains("zerohop-shard/v1").contains("value=\"customer-42\"");
        assertThat(get("/explain", "service=orders&key=12&integer=1").text()).contains("key=12");
        assertThat(get("/explain", "service=orders&key=x&integer=1").text())
                .contains("the key was &#39;x&#39;, expected an integer of 64 bits");
        assertThat(get("/explain", "service=orders").text()).contains("Without a key:");
    }

    @Test
    void aPolicyThatThrowsIsNamedInTheExplanation() {
        PickPolicy broken = new PickPolicy() {
            @Override
            public String name() {
                return "mine";
            }

            @Override
            public Picker newPicker(Snapshot first, Env env) {
                return new Picker() {
                    @Override
                    public @Nullable Node pick(PickContext context) {
                        throw new IllegalStateException("its <table> is gone");
                    }

                    @Override
                    public Refusal refusal(PickContext context) {
                        throw new IllegalStateException("its <table> is gone");
                    }

                    @Override
                    public List<String> explain(PickContext context) {
                        throw new IllegalStateException("its <table> is gone");
                    }

                    @Override
                    public Picker rebuild(Snapshot next) {
                        return this;
                    }
                };
            }
        };
        ScriptedResolver resolver = new ScriptedResolver();
        balancer("orders", resolver, BalancerSettings.of(broken));
        resolver.push(endpoint("orders-0", 80));
        fleet("users", 1);
        StatusPage.Response response = get("/explain", "key=customer-42");
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text())
                .contains("refused: orders: the policy mine threw IllegalStateException: its &lt;table&gt; is gone")
                .as("what is known of it, and the service beside it")
                .contains("<h2>orders ", "orders-0(10.0.0.1:80)", "<h2>users ", "policy round_robin, 1 of 1 members");
    }

    @Test
    void anExplanationOfThousandsIsCut() {
        orders(Page.MAX_ROWS + 7);
        assertThat(get("/explain", "service=orders").text()).contains("<li>7 more</li>");
    }

    @Test
    void aKeyIsReadAsTheConfigurationSays() {
        ScriptedResolver resolver = new ScriptedResolver();
        balancer(
                "orders",
                resolver,
                Configurations.parse("{\"policy\":{\"shard\":{}},\"key\":{\"header\":\"x-id\",\"as\":\"integer\"}}"));
        resolver.push(endpoint("orders-0", 80));
        assertThat(get("/explain", "service=orders&key=7").text()).contains("key=7");
        assertThat(get("/explain", "service=orders&key=seven").text()).contains("the key orders: the key (header");
    }

    // ---- what it refuses ----

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "LOCALHOST:80",
                "127.0.0.1",
                "127.1.2.3:9000",
                "[::1]:80",
                "status.example.org",
                "STATUS.example.ORG:443"
            })
    void itsOwnNamesAreAnswered(String host) {
        assertThat(page.respond("GET", host, "/", null).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "localhost.evil.example",
                "127.0.0.1.evil.example",
                "10.0.0.1",
                "",
                "localhost@evil",
                "evil.example:localhost",
                "[::2]",
                "0.0.0.0"
            })
    void aForeignHostIsRefused(String host) {
        StatusPage.Response refused = page.respond("GET", host, "/state.json", null);
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.text()).startsWith("the header Host was '").doesNotContain("services");
    }

    @Test
    void oneWithoutAHostIsRefused() {
        assertThat(page.respond("GET", null, "/", null).status()).isEqualTo(400);
    }

    @Test
    void whatAServerIsBoundToIsItsName() throws Exception {
        AllowedHosts hosts = new AllowedHosts(List.of());
        assertThat(hosts.boundTo(InetAddress.getByName("10.1.2.3")).allows("10.1.2.3:80"))
                .isTrue();
        assertThat(hosts.boundTo(InetAddress.getByName("10.1.2.3")).allows("10.1.2.4:80"))
                .isFalse();
        AllowedHosts any = hosts.boundTo(InetAddress.getByName("0.0.0.0"));
        assertThat(any.allows("10.1.2.4:80")).isTrue();
        assertThat(any.allows("[fe80::1]:80")).isTrue();
        assertThat(any.allows("evil.example")).isFalse();
        assertThatThrownBy(
                        () -> StatusPage.builder().allowHosts(List.of("a:80")).build())
                .hasMessageStartingWith("an allowed host was 'a:80', expected a name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", ""})
    void onlyReadingIsAllowed(String method) {
        StatusPage.Response refused = page.respond(method, "localhost", "/", null);
        assertThat(refused.status()).isEqualTo(405);
        assertThat(refused.headers()).containsEntry("Allow", "GET, HEAD");
    }

    @Test
    void headIsGetWithoutABody() {
        orders(1);
        StatusPage.Response head = page.respond("HEAD", "localhost", "/", null);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers()).isEqualTo(get("/", null).headers());
    }

    @Test
    void oddRequestsAreAnsweredAndChangeNothing() {
        Balancer balancer = orders(3);
        calls(balancer, 5, Outcome.SUCCESS);
        String before = get("/state.json", null).text();
        Random random = new Random(7);
        String alphabet = "/ab%2<&=+?\u0000\"'.\u202e;service=keyq";
        for (int i = 0; i < 2_000; i++) {
            StringBuilder path = new StringBuilder(i % 3 == 0 ? "/explain" : "/");
            StringBuilder query = new StringBuilder(i % 2 == 0 ? "service=orders&key=" : "");
            for (int c = random.nextInt(12); c > 0; c--) {
                path.append(i % 3 == 0 ? "" : alphabet.charAt(random.nextInt(alphabet.length())));
                query.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            assertThat(get(path.toString(), query.toString()).status())
                    .as(path + "?" + query)
                    .isIn(200, 400, 404);
        }
        assertThat(get("/state.json", null).text()).isEqualTo(before);
        assertThat(get("/", "q=%zz").status()).isEqualTo(400);
        assertThat(get("/", "q=" + "x".repeat(40_000)).status()).isEqualTo(400);
    }

    // ---- what may run ----

    @Test
    void everythingFromOutsideIsEscaped() {
        String markup = "<img src=x onerror=document.title=1>\"'&";
        ScriptedResolver resolver = new ScriptedResolver();
        Balancer balancer = balancer(markup, resolver, SETTINGS);
        resolver.push(EndpointSet.builder(markup)
                .endpoints(List.of(
                        Endpoint.builder("10.0.0.1", 80).id(markup).zone(markup).build()))
                .note(markup)
                .build());
        balancer.begin(balancer.current().snapshot().members().get(0)).complete(Outcome.CONNECT_FAILURE);
        time.advance(Duration.ofSeconds(1));
        resolver.fail(new IllegalStateException(markup));
        String encoded = java.net.URLEncoder.encode(markup, StandardCharsets.UTF_8);
        for (String text : List.of(
                html("q=" + encoded),
                html(null),
                get("/explain", "key=" + encoded + "&service=" + encoded).text())) {
            assertThat(text)
                    .doesNotContain("<img")
                    .contains("&lt;img src=x onerror=document.title=1&gt;&quot;&#39;&amp;");
        }
    }

    @Test
    void theBrowserRunsOnlyWhatStandsInThePage() throws Exception {
        orders(1);
        StatusPage.Response response = get("/", null);
        String policy = response.headers().get("Content-Security-Policy");
        assertThat(policy)
                .startsWith("default-src 'none'; ")
                .contains("frame-ancestors 'none'")
                .contains("base-uri 'none'")
                .doesNotContain("unsafe");
        for (String element : List.of("style", "script")) {
            String text = response.text()
                    .substring(
                            response.text().indexOf("<" + element + ">") + element.length() + 2,
                            response.text().indexOf("</" + element + ">"));
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            assertThat(policy)
                    .contains(element + "-src 'sha256-" + Base64.getEncoder().encodeToString(digest) + "'");
        }
        assertThat(response.text())
                .doesNotContain("style=\"")
                .doesNotContain("onclick")
                .doesNotContain("://");
        assertThat(response.headers())
                .containsEntry("X-Content-Type-Options", "nosniff")
                .containsEntry("Cache-Control", "no-store");
    }

    /** WCAG AA for text: 4.5 to 1, in both schemes, on every background that text stands on. */
    @Test
    void textHasContrast() {
        String[] schemes = Assets.STYLE.split("prefers-color-scheme:dark", 2);
        Map<String, Integer> colours = new java.util.HashMap<>();
        for (String scheme : schemes) {
            Matcher colour = Pattern.compile("--(\\w+):#(\\w{6})").matcher(scheme.substring(0, scheme.indexOf('}')));
            while (colour.find()) {
                colours.put(colour.group(1), Integer.parseInt(colour.group(2), 16));
            }
            for (String text : List.of("fg", "muted", "accent", "ok", "warn", "bad")) {
                for (String ground : List.of("bg", "card")) {
                    assertThat(contrast(colours.get(text), colours.get(ground)))
                            .as(text + " on " + ground)
                            .isGreaterThan(4.5);
                }
            }
            assertThat(contrast(colours.get("fg"), colours.get("badbg"))).isGreaterThan(4.5);
            assertThat(contrast(colours.get("fg"), colours.get("warnbg"))).isGreaterThan(4.5);
        }
    }

    private static double contrast(int a, int b) {
        double light = Math.max(luminance(a), luminance(b));
        return (light + 0.05) / (Math.min(luminance(a), luminance(b)) + 0.05);
    }

    private static double luminance(int colour) {
        return 0.2126 * linear(colour >> 16 & 255) + 0.7152 * linear(colour >> 8 & 255) + 0.0722 * linear(colour & 255);
    }

    private static double linear(int channel) {
        double c = channel / 255.0;
        return c <= 0.03928 ? c / 12.92 : Math.pow((c + 0.055) / 1.055, 2.4);
    }

    @Test
    void whatTheApplicationThrowsIsAnAnswerWithTheHeadersOfAllOthers() {
        try (StatusPage broken =
                StatusPage.builder().about(() -> Arrays.asList("fine", null)).build()) {
            StatusPage.Response response = broken.respond("GET", "localhost", "/", null);
            assertThat(response.status()).isEqualTo(500);
            assertThat(response.text()).startsWith("the status page could not be made: java.lang.NullPointerException");
            assertThat(response.headers()).containsKey("Content-Security-Policy");
        }
    }
}
