package dev.zerohop.spring;

import dev.zerohop.admin.StatusPage;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;
import org.springframework.util.ClassUtils;
import org.springframework.util.MimeType;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * {@code /actuator/zerohoppage/}: the status page of all balancers of the process. Who may see it, and by which name of a host, is decided by what protects the actuator. An answer of an endpoint has no headers: over servlets they
 * are set on the response itself, elsewhere the page states its policy in its own head.
 */
@WebEndpoint(id = "zerohoppage")
final class ZerohopPageEndpoint {
    private static final String POLICY = "Content-Security-Policy";
    private static final String HTML = "text/html";
    private static final String HEAD = "<meta charset=\"utf-8\">";
    private static final boolean SERVLETS = ClassUtils.isPresent(
            "jakarta.servlet.http.HttpServletResponse", ZerohopPageEndpoint.class.getClassLoader());

    private final StatusPage page;

    ZerohopPageEndpoint(StatusPage page) {
        this.page = page;
    }

    /** The page's links are relative to a path that ends with a slash. */
    @ReadOperation(produces = HTML)
    String withoutSlash() {
        return "<!doctype html>\n<html lang=\"en\"><head>" + HEAD
                + "<meta http-equiv=\"refresh\" content=\"0; url=zerohoppage/\"><title>zerohop</title></head>"
                + "<body><a href=\"zerohoppage/\">The status page</a></body></html>\n";
    }

    /** What is below the slash: nothing, {@code explain} or {@code state.json}. */
    @ReadOperation(produces = {HTML, "application/json", "text/plain"})
    WebEndpointResponse<String> page(
            @Selector(match = Selector.Match.ALL_REMAINING) String[] path,
            @org.springframework.lang.Nullable @Nullable String service,
            @org.springframework.lang.Nullable @Nullable String q,
            @org.springframework.lang.Nullable @Nullable String sort,
            @org.springframework.lang.Nullable @Nullable String key,
            @org.springframework.lang.Nullable @Nullable String integer) {
        StringBuilder query = new StringBuilder();
        append(query, "service", service);
        append(query, "q", q);
        append(query, "sort", sort);
        append(query, "key", key);
        append(query, "integer", integer);
        StatusPage.Response response = page.respond("GET", "localhost", "/" + String.join("/", path), query.toString());
        return new WebEndpointResponse<>(text(response), response.status(), MimeType.valueOf(response.contentType()));
    }

    private static void append(StringBuilder query, String name, @Nullable String value) {
        if (value != null) {
            query.append(query.isEmpty() ? "" : "&")
                    .append(name)
                    .append('=')
                    .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
        }
    }

    private static String text(StatusPage.Response response) {
        Map<String, String> headers = response.headers();
        if (SERVLETS && Servlets.set(headers)) {
            return response.text();
        }
        // frame-ancestors is for headers only.
        String policy = headers.getOrDefault(POLICY, "default-src 'none'").replace("; frame-ancestors 'none'", "");
        String stated = HEAD + "<meta http-equiv=\"" + POLICY + "\" content=\"" + policy + "\">";
        return response.text().replaceFirst(HEAD, stated.replace("$", "\\$"));
    }

    /** Loaded only where there are servlets. */
    private static final class Servlets {

        /** Whether there is a response to set them on. */
        static boolean set(Map<String, String> headers) {
            if (RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes attributes) {
                HttpServletResponse response = attributes.getResponse();
                if (response != null) {
                    headers.forEach(response::setHeader);
                    return true;
                }
            }
            return false;
        }
    }
}
