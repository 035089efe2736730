"""Which words do absence notes use in languages that few write, and which where somebody left? Data for `phrases`.

A row is a language: who is away, until when, whom to ask instead. The larger languages stand in `phrases`.
"""

_ROWS = (
    # Bulgarian
    (
        r"в отпуск съм|съм в (?:отпуск|командировка)|(?:ще )?отсъствам|извън офиса|не съм в офиса",
        r"ще се върна|завръщане",
        r"при спешн|спешни|свържете се|обърнете се",
    ),
    # Croatian, Serbian, Bosnian
    (
        r"(?:na )?godišnje[mg] (?:sam )?odmor|(?:nisam|neću biti) (?:u|dostup|prisut)|odsut(?:an|na) sam|"
        r"sam odsut|na bolovanju|na (?:službenom|sluzbenom) putu|na odmoru sam|sam na odmoru|"
        r"на годишњем одмору|нисам у канцеларији|одсут(?:ан|на) сам",
        r"vra[ćc]am se|povratk|ponovno? (?:dostup|u uredu)|враћам се",
        r"za hitn|hitne|hitno|obratite se|kontaktirajte|за хитне|обратите се",
    ),
    # Slovenian
    (
        r"(?:sem|bom) na (?:dopustu|službeni poti|bolniški|porodniški)|na dopustu sem|nisem (?:v pisarni|dosegljiv)|"
        r"(?:sem|bom) odsot",
        r"vrnem|vrnitv",
        r"v nujnih|nujne|obrnite|kontaktirajte",
    ),
    # Slovak
    (
        r"som na dovolenke|čerpám dovolenku|nie som v (?:kancelárii|práci)|som mimo|nebudem v (?:kancelárii|práci)",
        r"vrátim sa|návrate",
        r"v s[úu]rnych|súrne|obr[áa]ťte sa|kontaktujte",
    ),
    # Lithuanian
    (r"atostogauju|esu atostogose|nesu (?:biure|darbe)|komandiruotėje", r"grįšiu|iki", r"skubiais|skubos|kreipkitės"),
    # Latvian
    (
        r"esmu (?:atvaļinājumā|komandējumā|prombūtnē)|neesmu birojā|atrodos (?:atvaļinājumā|prombūtnē)",
        r"atgriezīšos|līdz",
        r"steidzam|sazinieties|vērsties",
    ),
    # Estonian
    (
        r"olen (?:puhkusel|lähetuses|kontorist väljas|kontorist eemal|haiguslehel)|viibin puhkusel|ei ole kontoris",
        r"tagasi|kuni",
        r"kiire(?:te|ma|loomuli)|pöörduge|võtke ühendust",
    ),
    # Icelandic
    (
        r"ég er í (?:fríi|leyfi|orlofi)|er ekki við|verð í (?:fríi|leyfi)",
        r"kem aftur|til \d",
        r"áríðandi|hafið samband",
    ),
    # Hebrew
    (
        r"אני (?:נמצאת? )?(?:בחופש|בחופשה|בחו\"ל|במילואים)|אינני במשרד|לא במשרד|אני בחופשת|אהיה בחופש",
        r"אחזור|עד (?:ה|יום|\d)|אשוב",
        r"בנושאים דחופים|דחוף|דחופים|במקרה דחוף|ניתן לפנות",
    ),
    # Arabic, Persian
    (
        r"(?:أنا|سأكون|حاليا|حالياً) .{0,20}(?:في إجازة|خارج المكتب|في رحلة)|در مرخصی|خارج از دفتر",
        r"حتى|سأعود|العودة|تا تاریخ",
        r"للأمور العاجلة|العاجلة|يرجى التواصل|در موارد فوری",
    ),
    # Vietnamese
    (
        r"(?:tôi|hiện) .{0,20}(?:nghỉ phép|đi công tác|không có mặt|nghỉ lễ|vắng mặt)|đang nghỉ phép",
        r"đến (?:hết )?ngày|quay lại|trở lại",
        r"việc gấp|cần gấp|khẩn|vui lòng liên hệ",
    ),
    # Indonesian, Malay
    (
        r"(?:saya|kami) .{0,20}(?:cuti|bercuti|di luar kantor|tidak di kantor|tiada di pejabat|bertugas di luar)",
        r"sampai (?:dengan )?(?:tanggal|\d)|sehingga|kembali",
        r"mendesak|segera sila|silakan hubungi|sila hubungi|hubungi",
    ),
    # Thai
    (
        r"ลาพักร้อน|ลาพักผ่อน|ไม่อยู่ที่(?:ออฟฟิศ|สำนักงาน)|อยู่ระหว่างการลา|ไม่ได้อยู่ในสำนักงาน|ลาคลอด",
        r"จนถึง|ถึงวันที่|กลับมา",
        r"เรื่องด่วน|เร่งด่วน|กรุณาติดต่อ",
    ),
    # Catalan, Galician, Basque
    (
        r"(?:sóc|soc|estic|estaré) (?:de vacances|fora|absent|de baixa|de viatge)|estou de vacacións|oporretan nago",
        r"fins al|tornaré|tornada",
        r"urgència|contacteu|poseu-vos en contacte|poden contactar",
    ),
)
# Somebody left, or the address is given up: an answer that nobody writes by hand.
LEFT = (
    r"no longer (?:works?|working|employed|with|at|part of|in use)|(?:has|have|'ve) left (?:the company|our company|"
    r"the organi[sz]ation|the firm|[A-Z][\w'’]+)|my last day (?:at|with|was)|"
    r"e-?mail address (?:has|is) (?:been )?(?:changed|discontinued|deactivated)|"
    r"nicht mehr (?:\w+ ){0,4}(?:unternehmen|firma|tätig|beschäftigt|angestellt)|ausgeschieden|"
    r"e-?mail-?adresse (?:hat sich )?geändert|adresse geändert hat|"
    r"ne (?:fais|fait|travaille) plus|a quitté (?:la|l['’]|notre|ses)|n['’]est plus (?:chez|dans|en poste|utilisée)|"
    r"ya no (?:trabaj\w+|forma\w*|formo|pertenece\w*|pertenezco|labor\w+)|não (?:trabalh\w+|faço|faz) mais|"
    r"já não (?:trabalh\w+|faço|faz)|não faz mais parte|non (?:lavor\w+|collabor\w+|faccio|fa) più|"
    r"niet (?:meer|langer) (?:werkzaam|in dienst)|werk(?:t)? niet (?:meer|langer)|"
    r"(?:arbetar|jobbar) inte längre|(?:arbejder|jobber|arbeider) ikke (?:længere|lenger)|är inte längre anställd|"
    r"nie pracuj[ęe] już|już nie pracuj|nepracuj\w+|больше не работа|не работает в|уволил|退職|已离职|已離職|퇴사"
)
# How Outlook and others begin the subject of an automatic answer, where `phrases` does not have it.
SUBJECT = (
    r"resposta autom[àa]tica|ateb awtomatig|erantzun automatikoa|پاسخ خودکار|freagra uathoibríoch|"
    r"स्वचालित|автоматты жауап|balasan automatik|аутоматски одговор|(?:การ)?ตอบกลับอัตโนมัติ|"
    r"annual leave\b|ooo\b(?=\s*(?:$|\d|re:|aw:|until|till|through|from|back))|(?:i am |i'm )?no longer (?:with|"
    r"at|working|employed)\b|"
    r".{2,50} (?:has left|is no longer (?:with|at|working))\b|(?:my |new )?e-?mail address (?:has )?change|"
    r"poissa\s*:|нет на работе|外出\s*[:：]|不在(?:办公室|辦公室|時|中)|休假(?:中|通知)|"
    r"en vacances|closed for|feriado|betriebs(?:ferien|urlaub)|im urlaub\b|krank(?:heit|meldung)\s*:|"
    r"(?:bin |wir sind )?(?:zur ?zeit )?nicht (?:da|erreichbar)|mutterschutz|elternzeit\b"
)
ABSENT = "|".join(row[0] for row in _ROWS)
BACK = "|".join(row[1] for row in _ROWS)
INSTEAD = "|".join(row[2] for row in _ROWS)
