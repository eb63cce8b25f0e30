package dev.meshctl.api.resource;

/** An enum whose words in text are not its constants in upper camel case. */
interface Worded {
    String word();
}
