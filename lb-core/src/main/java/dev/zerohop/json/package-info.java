/**
 * The one reader and the one writer of JSON. For the modules of this library: it is no API, and may change in any release. Nothing else in the core
 * sees the JSON library.
 */
@NullMarked
package dev.zerohop.json;

import org.jspecify.annotations.NullMarked;
