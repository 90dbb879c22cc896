/** Where the members of a service meet: who there is, who leads, what they measure, and the assignment in force. */
@NullMarked
package dev.zerohop.sharding.store;

import org.jspecify.annotations.NullMarked;
