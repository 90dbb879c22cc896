package dev.zerohop.okhttp;

/** Tells IP literals from names. */
final class Addresses {

    private Addresses() {}

    /** Whether OkHttp and the JDK take this for an IP literal, which is never looked up. */
    static boolean isLiteral(String host) {
        if (host.indexOf(':') >= 0) {
            return true;
        }
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if ((c < '0' || c > '9') && c != '.') {
                return false;
            }
        }
        return !host.isEmpty();
    }
}
