package dev.zerohop.kubernetes;

import java.io.EOFException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateExpiredException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Explains to an operator why a request got no answer and what to do; the exception's own message is added in brackets. Pure functions. */
final class FailureWords {
    private static final int MAX_CAUSES = 20;
    private static final Pattern PLACE = Pattern.compile("line:? (\\d+), column:? (\\d+)");

    private FailureWords() {}

    /**
     * Why a request could not be sent, if the exception's own message must not be shown: the HTTP client quotes a header that it rejects, and with it the
     * token. Null for all other exceptions.
     */
    static @Nullable String secret(Throwable thrown) {
        boolean quoted = chain(thrown).stream()
                .anyMatch(each -> each instanceof IllegalArgumentException
                        && String.valueOf(each.getMessage())
                                .toLowerCase(Locale.ROOT)
                                .contains("header value"));
        return quoted
                ? "the token or another header value has an illegal character, such as a line break;"
                        + " check the token's file or the kubeconfig"
                : null;
    }

    /**
     * Why a kubeconfig cannot be used. Parsers quote the text at which they fail, which may be a token or a key, so only the position is taken from their
     * messages.
     */
    static String ofSettings(Throwable thrown) {
        for (Throwable each : chain(thrown)) {
            String type = each.getClass().getName();
            if (type.startsWith("org.snakeyaml.") || type.startsWith("com.fasterxml.jackson.")) {
                String place = "";
                Matcher places = PLACE.matcher(String.valueOf(each.getMessage()));
                while (places.find()) {
                    place = " at line " + places.group(1) + ", column " + places.group(2);
                }
                return "the kubeconfig cannot be read" + place + ", expected YAML as kubectl takes it";
            }
        }
        return String.valueOf(thrown.getMessage());
    }

    private static List<Throwable> chain(Throwable thrown) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable each = thrown; each != null && chain.size() < MAX_CAUSES; each = each.getCause()) {
            chain.add(each);
        }
        return chain;
    }

    static String of(Throwable thrown) {
        List<Throwable> chain = chain(thrown);
        for (Throwable each : chain) {
            if (each instanceof UncheckedIOException ours && ours.getMessage() != null) {
                // Thrown by this module: its message explains more than the cause, which only names the file.
                return ours.getMessage();
            }
        }
        Throwable root = chain.get(chain.size() - 1);
        String own = root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage();
        String words = words(chain, own.toLowerCase(Locale.ROOT));
        return words.isEmpty() ? own : words.replace("%", own);
    }

    private static String words(List<Throwable> chain, String own) {
        if (any(chain, UnknownHostException.class, UnresolvedAddressException.class)) {
            return "DNS has no address for its name (%); check the address, and this machine's DNS";
        }
        if (any(chain, HttpConnectTimeoutException.class)) {
            return "no connection could be made in time (%); check the address, firewalls and NetworkPolicies, and whether a proxy is needed";
        }
        if (any(chain, HttpTimeoutException.class)) {
            return "it took the request and did not answer in time (%); it may be overloaded, or something else listens there";
        }
        if (any(chain, SSLException.class)) {
            return tls(chain, own);
        }
        if (any(chain, ConnectException.class)) {
            return own.contains("unreachable") || own.contains("no route")
                    ? "its network is unreachable (%); check the address and the routes of this machine"
                    : "nothing listens there (%); check the address, and that the API server runs";
        }
        if (any(chain, ProtocolException.class) || own.contains("status line")) {
            return "the peer does not speak HTTP (%); check scheme and port of the address";
        }
        if (any(chain, EOFException.class, SocketException.class)
                || own.contains("received no bytes")
                || own.contains("connection reset")) {
            return "it closed the connection without an answer (%); it may be restarting, or expect https where http was used";
        }
        if (chain.get(chain.size() - 1).getClass().getName().startsWith("com.fasterxml.jackson.")) {
            return "its answer is no Kubernetes object (%); expected the API server itself, not a login page or a proxy";
        }
        return "";
    }

    private static String tls(List<Throwable> chain, String own) {
        if (any(chain, CertificateExpiredException.class)) {
            return "its certificate has expired (%); renew it, and check this machine's clock";
        }
        if (any(chain, CertPathBuilderException.class) || own.contains("path")) {
            return "its certificate is signed by no authority that this client trusts (%); give the cluster's CA:"
                    + " certificate-authority in the kubeconfig, or caFile";
        }
        if (own.contains("no subject alternative") || own.contains("no name matching")) {
            return "its certificate is for other names (%); use an address that the certificate names";
        }
        if (own.contains("certificate_required") || own.contains("bad_certificate") || own.contains("unknown_ca")) {
            return "it does not accept this client's certificate (%); check client-certificate in the kubeconfig";
        }
        if (own.contains("unrecognized ssl message") || own.contains("plaintext")) {
            return "it speaks no TLS on this port (%); check scheme and port of the address";
        }
        return "TLS could not be agreed on (%)";
    }

    private static boolean any(List<Throwable> chain, Class<?>... types) {
        return chain.stream().anyMatch(each -> Arrays.stream(types).anyMatch(type -> type.isInstance(each)));
    }
}
