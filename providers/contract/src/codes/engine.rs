//! Codes of this family; see the table in [`super`].

crate::codes! {
    NO_GRAPH = "AF2001" Error
        "a site cannot be compiled"
        "What the site would be given contradicts itself: two entries of the strawman would make the same thing, or things \
         would need each other in a circle. Give one of the two entries another name. Where neither was written by hand, \
         this is a fault of afctl: please report it with the strawman.";
}
