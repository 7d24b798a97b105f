//! What of a page's drawing is copied: the entries of each kind of object, and no others.

/// What an object is, and so which of its entries are copied (ISO 32000-2, the clauses named below).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Resources,
    XObject,
    Group,
    GraphicsState,
    SoftMask,
    Pattern,
    Shading,
    Function,
    Font,
    Descriptor,
    FontFile,
    Encoding,
    CMap,
    SystemInfo,
    Profile,
    /// Bytes that are data or drawing and nothing else.
    Data,
    /// `/DecodeParms`
    Parameters,
}

/// How an entry's value is copied.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    /// Numbers, names, strings and lists of these.
    Plain,
    /// An object of this kind, a list of such, or a name that stands for one.
    Of(Kind),
    /// A dictionary of names, each an object of this kind.
    Each(Kind),
    Color,
}

use Kind as K;
use Rule::{Color, Each, Of, Plain};

pub(super) type Entry = (&'static [u8], Rule);

/// Every entry that is copied, by what the object is.
pub(super) const fn entries(kind: Kind) -> &'static [Entry] {
    match kind {
        // §7.8.3; without Properties (optional content, metadata)
        K::Resources => &[
            (b"ExtGState", Each(K::GraphicsState)),
            (b"ColorSpace", Color),
            (b"Pattern", Each(K::Pattern)),
            (b"Shading", Each(K::Shading)),
            (b"XObject", Each(K::XObject)),
            (b"Font", Each(K::Font)),
        ],
        // §8.9.5 and §8.10; without OPI, Alternates, Ref (remote), PS, Metadata, OC
        K::XObject => &[
            (b"Type", Plain),
            (b"Subtype", Plain),
            (b"FormType", Plain),
            (b"BBox", Plain),
            (b"Matrix", Plain),
            (b"Resources", Of(K::Resources)),
            (b"Group", Of(K::Group)),
            (b"Width", Plain),
            (b"Height", Plain),
            (b"BitsPerComponent", Plain),
            (b"ImageMask", Plain),
            (b"Interpolate", Plain),
            (b"Intent", Plain),
            (b"Decode", Plain),
            (b"Matte", Plain),
            (b"SMaskInData", Plain),
            (b"ColorSpace", Color),
            (b"Mask", Of(K::XObject)),
            (b"SMask", Of(K::XObject)),
        ],
        // §11.6.6
        K::Group => &[(b"Type", Plain), (b"S", Plain), (b"I", Plain), (b"K", Plain), (b"CS", Color)],
        // §8.4.5; without halftones and transfer functions
        K::GraphicsState => &[
            (b"Type", Plain),
            (b"LW", Plain),
            (b"LC", Plain),
            (b"LJ", Plain),
            (b"ML", Plain),
            (b"D", Plain),
            (b"RI", Plain),
            (b"OP", Plain),
            (b"op", Plain),
            (b"OPM", Plain),
            (b"SA", Plain),
            (b"BM", Plain),
            (b"CA", Plain),
            (b"ca", Plain),
            (b"AIS", Plain),
            (b"TK", Plain),
            (b"Font", Of(K::Font)),
            (b"SMask", Of(K::SoftMask)),
        ],
        K::SoftMask | K::Pattern | K::Shading | K::Function => of_colours(kind),
        K::Font | K::Descriptor | K::FontFile | K::Encoding | K::CMap | K::SystemInfo => of_fonts(kind),
        K::Profile | K::Data | K::Parameters => of_data(kind),
    }
}

/// The same for what areas are painted with.
const fn of_colours(kind: Kind) -> &'static [Entry] {
    match kind {
        // §11.6.5.2
        K::SoftMask => &[
            (b"Type", Plain),
            (b"S", Plain),
            (b"BC", Plain),
            (b"G", Of(K::XObject)),
            (b"TR", Of(K::Function)),
        ],
        // §8.7
        K::Pattern => &[
            (b"Type", Plain),
            (b"PatternType", Plain),
            (b"PaintType", Plain),
            (b"TilingType", Plain),
            (b"BBox", Plain),
            (b"XStep", Plain),
            (b"YStep", Plain),
            (b"Matrix", Plain),
            (b"Resources", Of(K::Resources)),
            (b"Shading", Of(K::Shading)),
            (b"ExtGState", Of(K::GraphicsState)),
        ],
        K::Shading => &[
            (b"ShadingType", Plain),
            (b"Background", Plain),
            (b"BBox", Plain),
            (b"AntiAlias", Plain),
            (b"Coords", Plain),
            (b"Domain", Plain),
            (b"Extend", Plain),
            (b"Matrix", Plain),
            (b"Decode", Plain),
            (b"BitsPerCoordinate", Plain),
            (b"BitsPerComponent", Plain),
            (b"BitsPerFlag", Plain),
            (b"VerticesPerRow", Plain),
            (b"ColorSpace", Color),
            (b"Function", Of(K::Function)),
        ],
        // §7.10
        K::Function => &[
            (b"FunctionType", Plain),
            (b"Domain", Plain),
            (b"Range", Plain),
            (b"Size", Plain),
            (b"BitsPerSample", Plain),
            (b"Order", Plain),
            (b"Encode", Plain),
            (b"Decode", Plain),
            (b"C0", Plain),
            (b"C1", Plain),
            (b"N", Plain),
            (b"Bounds", Plain),
            (b"Functions", Of(K::Function)),
        ],
        _ => &[],
    }
}

/// The same for fonts.
const fn of_fonts(kind: Kind) -> &'static [Entry] {
    match kind {
        // §9.6 and §9.7
        K::Font => &[
            (b"Type", Plain),
            (b"Subtype", Plain),
            (b"BaseFont", Plain),
            (b"FirstChar", Plain),
            (b"LastChar", Plain),
            (b"Widths", Plain),
            (b"FontBBox", Plain),
            (b"FontMatrix", Plain),
            (b"DW", Plain),
            (b"DW2", Plain),
            (b"W", Plain),
            (b"W2", Plain),
            (b"Encoding", Of(K::Encoding)),
            (b"ToUnicode", Of(K::CMap)),
            (b"FontDescriptor", Of(K::Descriptor)),
            (b"DescendantFonts", Of(K::Font)),
            (b"CIDSystemInfo", Of(K::SystemInfo)),
            (b"CIDToGIDMap", Of(K::Data)),
            (b"CharProcs", Each(K::Data)),
            (b"Resources", Of(K::Resources)),
        ],
        // §9.8
        K::Descriptor => &[
            (b"Type", Plain),
            (b"FontName", Plain),
            (b"FontFamily", Plain),
            (b"FontStretch", Plain),
            (b"FontWeight", Plain),
            (b"Flags", Plain),
            (b"FontBBox", Plain),
            (b"ItalicAngle", Plain),
            (b"Ascent", Plain),
            (b"Descent", Plain),
            (b"Leading", Plain),
            (b"CapHeight", Plain),
            (b"XHeight", Plain),
            (b"StemV", Plain),
            (b"StemH", Plain),
            (b"AvgWidth", Plain),
            (b"MaxWidth", Plain),
            (b"MissingWidth", Plain),
            (b"CharSet", Plain),
            (b"FontFile", Of(K::FontFile)),
            (b"FontFile2", Of(K::FontFile)),
            (b"FontFile3", Of(K::FontFile)),
        ],
        K::FontFile => &[(b"Subtype", Plain), (b"Length1", Plain), (b"Length2", Plain), (b"Length3", Plain)],
        // a dictionary for simple fonts, a CMap for composite ones
        K::Encoding => &[
            (b"Type", Plain),
            (b"BaseEncoding", Plain),
            (b"Differences", Plain),
            (b"CMapName", Plain),
            (b"CIDSystemInfo", Of(K::SystemInfo)),
            (b"WMode", Plain),
            (b"UseCMap", Of(K::CMap)),
        ],
        K::CMap => &[
            (b"Type", Plain),
            (b"CMapName", Plain),
            (b"CIDSystemInfo", Of(K::SystemInfo)),
            (b"WMode", Plain),
            (b"UseCMap", Of(K::CMap)),
        ],
        K::SystemInfo => &[(b"Registry", Plain), (b"Ordering", Plain), (b"Supplement", Plain)],
        _ => &[],
    }
}

/// The same for bytes and how they are packed.
const fn of_data(kind: Kind) -> &'static [Entry] {
    match kind {
        // §8.6.5.5
        K::Profile => &[(b"N", Plain), (b"Range", Plain), (b"Alternate", Color)],
        // §7.4
        K::Parameters => &[
            (b"Predictor", Plain),
            (b"Colors", Plain),
            (b"BitsPerComponent", Plain),
            (b"Columns", Plain),
            (b"EarlyChange", Plain),
            (b"K", Plain),
            (b"EndOfLine", Plain),
            (b"EncodedByteAlign", Plain),
            (b"Rows", Plain),
            (b"EndOfBlock", Plain),
            (b"BlackIs1", Plain),
            (b"DamagedRowsBeforeError", Plain),
            (b"ColorTransform", Plain),
            (b"JBIG2Globals", Of(K::Data)),
        ],
        _ => &[],
    }
}

/// Whether an object of this kind may be a stream.
pub(super) const fn may_be_stream(kind: Kind) -> bool {
    match kind {
        K::XObject
        | K::Pattern
        | K::Shading
        | K::Function
        | K::FontFile
        | K::Encoding
        | K::CMap
        | K::Profile
        | K::Data => true,
        K::Resources
        | K::Group
        | K::GraphicsState
        | K::SoftMask
        | K::Font
        | K::Descriptor
        | K::SystemInfo
        | K::Parameters => false,
    }
}
