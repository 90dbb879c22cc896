package dev.zerohop.admin;

import java.util.LinkedHashMap;
import java.util.Map;

/** What every answer has: nothing is loaded from elsewhere, framed, kept, or run but the page's own style and script. */
final class Headers {
    static final Map<String, String> ALL = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; style-src '" + Assets.STYLE_HASH + "'; script-src '" + Assets.SCRIPT_HASH
                    + "'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "X-Frame-Options",
            "DENY",
            "Referrer-Policy",
            "no-referrer",
            "Cross-Origin-Resource-Policy",
            "same-origin",
            "Cache-Control",
            "no-store");

    private Headers() {}

    static Map<String, String> with(String name, String value) {
        Map<String, String> all = new LinkedHashMap<>(ALL);
        all.put(name, value);
        return all;
    }
}
