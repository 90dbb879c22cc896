package dev.zerohop.admin;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real Chromium. Its pictures are left in target/pictures, to be looked at. */
class StatusPageBrowserTest {
    private static final Path PICTURES = Path.of("target", "pictures");
    private static final String MARKUP = "<img src=x onerror=document.title='run'>";

    private static final String HELD = "Held back where the focus or selected text is.";

    @TempDir
    private static Path profile;

    private static Browser browser;

    private StatusPage page;
    private StatusServer server;

    @BeforeAll
    static void startBrowser() throws Exception {
        browser = Browser.start(profile);
    }

    @AfterAll
    static void endBrowser() {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void start() throws Exception {
        page = StatusPage.create();
        server = StatusServer.start(page, 0);
        browser.scripts(true).leave().scheme("light").size(1280, 900);
    }

    @AfterEach
    void close() {
        server.close();
        page.close();
    }

    /** As wide as the window: nothing has to be scrolled sideways to be seen. */
    private void assertFits() throws Exception {
        assertThat(browser.evaluate("document.documentElement.scrollWidth <= innerWidth"))
                .as("fits the window")
                .isEqualTo(true);
    }

    @Test
    void aKilledServerIsInTheBannerAndTheRowsWithAndWithoutScript() throws Exception {
        try (Fleet fleet = Fleet.of("orders", "orders-0", "orders-1", "orders-2")) {
            fleet.call(60);
            browser.open(server.uri());
            assertThat(browser.dom()).contains("orders-0", "orders-1", "orders-2", "20 ok", "UNKNOWN");
            assertThat(browser.evaluate("document.getElementById('problems').innerText"))
                    .isEqualTo("");
            browser.screenshot(PICTURES.resolve("well.png"));
            fleet.kill(1);
            Waiting.until(() -> {
                fleet.call(1);
                return browser.text().contains("orders: 1 of 3 endpoints out: orders-1 is UNREACHABLE for ");
            });
            assertThat(browser.text()).contains("orders-1: UNKNOWN \u2192 UNREACHABLE (ejection: ");
            browser.screenshot(PICTURES.resolve("light.png"));
            assertFits();
            browser.scheme("dark").screenshot(PICTURES.resolve("dark.png"));
            browser.size(400, 900);
            assertFits();
            browser.screenshot(PICTURES.resolve("narrow.png"));
            browser.scripts(false).open(server.uri().resolve("?sort=id"));
            assertThat(browser.text())
                    .contains("orders-0", "UNREACHABLE", "endpoints out: orders-1", "Reload for the present state.");
            assertFits();
            assertThat(browser.complaints()).isEmpty();
        }
    }

    @Test
    void anIdThatIsMarkupIsText() throws Exception {
        try (Fleet fleet = Fleet.of(MARKUP, MARKUP)) {
            fleet.call(1);
            String key = URLEncoder.encode(MARKUP, StandardCharsets.UTF_8);
            for (String path : List.of("", "?q=" + key, "explain?service=" + key + "&key=" + key)) {
                browser.open(URI.create(server.uri() + path));
                assertThat(browser.text()).as(path).contains(MARKUP);
                assertThat(browser.evaluate("document.images.length")).as(path).isEqualTo(0.0);
                assertThat(browser.evaluate("document.title")).as(path).isEqualTo("zerohop");
            }
            // Also through the script, which renews the page.
            browser.open(server.uri());
            hurry();
            fleet.call(3);
            Waiting.until(() -> browser.text().contains("4 ok"));
            assertThat(browser.text()).contains(MARKUP);
            assertThat(browser.evaluate("document.title")).isEqualTo("zerohop");
            assertThat(browser.complaints()).isEmpty();
        }
    }

    @Test
    void theTableHasHeadersAndEverythingIsReachedByTheKeyboard() throws Exception {
        try (Fleet fleet = Fleet.of("orders", "orders-0")) {
            fleet.call(1);
            browser.open(server.uri());
            assertThat(browser.evaluate("document.querySelectorAll('thead th[scope=col]').length"))
                    .isEqualTo(7.0);
            assertThat(browser.evaluate("document.querySelectorAll('tbody th[scope=row]').length"))
                    .isEqualTo(1.0);
            assertThat(browser.evaluate("document.querySelector('table').caption.innerText"))
                    .isEqualTo("Endpoints of orders");
            assertThat(browser.evaluate("document.documentElement.lang")).isEqualTo("en");
            assertThat(
                            browser.evaluate(
                                    "[...document.querySelectorAll('input:not([type=hidden]),select')].every(each => each.closest('label'))"))
                    .isEqualTo(true);
            assertThat(
                            browser.evaluate(
                                    "[...document.querySelectorAll('a,button,input:not([type=hidden]),select,summary')].every(each => each.tabIndex === 0)"))
                    .isEqualTo(true);
        }
    }

    @Test
    void thePauseStopsTheRenewal() throws Exception {
        try (Fleet fleet = Fleet.of("orders", "orders-0")) {
            fleet.call(1);
            browser.open(server.uri());
            hurry();
            browser.evaluate("document.querySelector('#live button').click()");
            assertThat(browser.text()).contains("Go on");
            browser.evaluate("document.querySelector('#live button').click()");
            fleet.call(4);
            Waiting.until(() -> browser.text().contains("5 ok"));
            server.close();
            Waiting.until(() -> browser.text().contains("No answer: this is the state of the time at the left."));
        }
    }

    @Test
    void whatIsSelectedIsHeldBackAndThePageSaysSo() throws Exception {
        try (Fleet fleet = Fleet.of("orders", "orders-0")) {
            fleet.call(1);
            browser.open(server.uri());
            hurry();
            browser.evaluate("getSelection().selectAllChildren(document.getElementById('s0-rows'))");
            Object before = browser.evaluate("document.getElementById('at').innerText");
            fleet.call(4);
            Waiting.until(() -> browser.text().contains(HELD));
            assertThat(browser.text()).contains("1 ok").doesNotContain("5 ok");
            Waiting.until(() -> !before.equals(browser.evaluate("document.getElementById('at').innerText")));
            browser.evaluate("getSelection().removeAllRanges()");
            Waiting.until(() -> browser.text().contains("5 ok"));
            assertThat(browser.text()).doesNotContain(HELD);
            // The form would go with all the rest when another service comes.
            browser.evaluate("document.querySelector('input[name=q]').value = 'ord'");
            browser.evaluate("document.querySelector('input[name=q]').focus()");
            try (Fleet users = Fleet.of("users", "users-0")) {
                users.call(1);
                Waiting.until(() -> browser.text().contains(HELD));
                assertThat(browser.evaluate("document.activeElement.value")).isEqualTo("ord");
                browser.evaluate("document.activeElement.blur()");
                Waiting.until(() ->
                        browser.text().contains("users-0") && !browser.text().contains(HELD));
            }
            assertThat(browser.complaints()).isEmpty();
        }
    }

    @Test
    void aHiddenPageAsksNothingAndIsNewWhenItIsSeenAgain() throws Exception {
        try (Fleet fleet = Fleet.of("orders", "orders-0")) {
            fleet.call(1);
            browser.open(server.uri());
            browser.evaluate(
                    "window.asked = 0; const plain = fetch; window.fetch = (...all) => { asked++; return plain(...all); };"
                            + "window.ticks = 0; const later = setTimeout; window.setTimeout = what => { ticks++; return later(what, 100); };"
                            + hidden(true));
            Waiting.until(() -> (double) browser.evaluate("ticks") >= 1);
            browser.evaluate("getSelection().selectAllChildren(document.getElementById('s0-rows'))");
            fleet.call(4);
            Waiting.until(() -> (double) browser.evaluate("ticks") >= 3);
            assertThat(browser.evaluate("asked")).isEqualTo(0.0);
            assertThat(browser.text()).contains("1 ok").doesNotContain(HELD);
            browser.evaluate("getSelection().removeAllRanges()");
            assertThat(browser.evaluate(hidden(false) + "; asked"))
                    .as("at once")
                    .isEqualTo(1.0);
            Waiting.until(() -> browser.text().contains("5 ok"));
        }
    }

    /** The script renews the page ten times a second from now on, not once in two. */
    private static void hurry() throws Exception {
        browser.evaluate("const later = setTimeout; window.setTimeout = what => later(what, 100);"
                + "document.dispatchEvent(new Event('visibilitychange'))");
    }

    private static String hidden(boolean hidden) {
        return "Object.defineProperty(document, 'hidden', {value: " + hidden
                + ", configurable: true}); document.dispatchEvent(new Event('visibilitychange'))";
    }

    @Test
    void aThousandEndpointsStayUsable() throws Exception {
        String[] ids = new String[1_000];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = "orders-" + i;
        }
        try (var many = dev.zerohop.config.Balancers.forTarget(target(ids))
                .name("orders")
                .build()) {
            many.start();
            Waiting.until(() -> many.state().members().size() == ids.length);
            browser.open(server.uri());
            assertThat(browser.evaluate("document.querySelectorAll('tbody tr').length"))
                    .isEqualTo(1_000.0);
            assertFits();
            browser.evaluate("document.querySelector('input[name=q]').value = 'orders-77'");
            browser.evaluate("document.querySelector('input[name=q]').form.requestSubmit()");
            Waiting.until(() -> browser.text().contains("11 of 1000 endpoints match"));
        }
    }

    private static String target(String... ids) {
        StringBuilder target = new StringBuilder("static:///");
        for (int i = 0; i < ids.length; i++) {
            target.append(i == 0 ? "" : ",")
                    .append("10.0.0.1:")
                    .append(1_000 + i)
                    .append(";id=")
                    .append(ids[i]);
        }
        return target.toString();
    }
}
