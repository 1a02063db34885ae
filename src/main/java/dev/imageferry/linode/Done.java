package dev.imageferry.linode;

/** The value of a call that returns nothing. */
public enum Done {
    DONE
}
