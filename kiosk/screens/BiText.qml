import QtQuick
import Jiaohao.Kit

// A text in the language that leads, and below it, smaller, in the other one. Centred text is
// broken into lines of about one length, so that no single character stands alone.
Column {
    id: root

    property var text: ({})
    property int size: Theme.textBody
    property int otherSize: Theme.textCaption
    property bool strong: false
    property color color: Theme.ink
    property color otherColor: Theme.inkSoft
    property int align: Text.AlignLeft
    // The font's own line is 1.45 em high.
    readonly property real leading: 0.86

    function balanced(natural: real, em: int, sample: string): real {
        if (root.align !== Text.AlignHCenter || natural <= root.width)
            return root.width;
        const lines = Math.ceil(natural / root.width);
        const slack = /[^ -~]/.test(sample) ? 1.5 : 4; // words break less evenly than hanzi
        return Math.min(root.width, natural / lines + em * slack);
    }

    spacing: Math.round(size * 0.12)

    TextMetrics {
        id: mainMetrics
        font: mainLabel.font
        text: mainLabel.text
    }

    TextMetrics {
        id: otherMetrics
        font: otherLabel.font
        text: otherLabel.text
    }

    Label {
        id: mainLabel
        x: Math.round((root.width - width) / 2)
        width: root.balanced(mainMetrics.advanceWidth, root.size, text)
        text: root.text.main ?? ""
        strong: root.strong
        font.pixelSize: root.size
        color: root.color
        lineHeight: root.leading
        horizontalAlignment: root.align
    }

    Label {
        id: otherLabel
        x: Math.round((root.width - width) / 2)
        width: root.balanced(otherMetrics.advanceWidth, root.otherSize, text)
        visible: text !== ""
        text: root.text.other ?? ""
        font.pixelSize: root.otherSize
        color: root.otherColor
        lineHeight: root.leading
        horizontalAlignment: root.align
    }
}
